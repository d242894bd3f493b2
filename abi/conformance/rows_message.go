package conformance

import (
	"strings"

	"github.com/sesshook/sesshook/abi"
)

// messageRows are about what arrives from the other node, and what does not.
func messageRows() []Row {
	rows := []Row{
		messageRecordRow("message", sends("a key", "some data"), record{abi.Message, abi.FromPlugin, 0, 0}),
		messageRecordRow("message without a key", sends("", "some data"), record{abi.Message, abi.FromPlugin, 0, 0}),
		messageRecordRow("message without data", sends("k", ""), record{abi.Message, abi.FromPlugin, 0, 0}),
		messageRecordRow("message of any bytes", sends("\x00\xff", "\x00\x01\xfe\xff"), record{abi.Message, abi.FromPlugin, 0, 0}),
		messageRecordRow("request", asks("some data"), record{abi.Message, abi.FromPlugin, 0, abi.Request}),
		longMessageRow(), longestMessageRow(), messageOrderRow(), messageErrorRow(),
		lostRecordRow("lost messages", 5, 1_700_000_000_123456789), lostRecordRow("lost messages of a node unheard of", 1<<40, 0),
		lostRow(),
	}
	return append(rows, faultRow("trap in a request", Message, (*Block).Trap), messageFaultRow())
}

// messageParts checks what a record at addr says of a message's sender, topic,
// key and data, and of no session.
func (b *Block) messageParts(addr uint32, m FarmMessage) {
	for _, part := range []struct {
		at   uint32
		name string
		size int
	}{
		{6, "id_len", 0}, {48, "server_name_len", 0}, {50, "alpn_len", 0}, {52, "node_len", abi.NodeIDSize},
		{54, "topic_len", len(m.Topic)}, {56, "key_len", len(m.Key)}, {44, "tls_version", 0}, {46, "cipher_suite", 0}, {58, "format", 0},
	} {
		b.WantEqual(part.name, Load16(addr+part.at), Imm(int64(part.size)))
	}
	b.WantEqual("data_len", Load32(addr+60), length(m.Data))
	b.WantEqual("session_len", Load32(addr+40), zero)
	b.WantEqual("expires", Load64(addr+32), zero)
	b.WantEqual("time", b.Less(zero, Load64(addr+16)), Imm(1))
	b.WantBytes(addr+abi.HeaderSize, Imm(abi.NodeIDSize), PeerHash())
	text := m.Topic + m.Key + m.Data
	b.WantBytes(addr+abi.HeaderSize+abi.NodeIDSize, length(text), TextHash(text))
}

// messageSize is the length of a message's record.
func messageSize(m FarmMessage) int64 {
	return int64(abi.HeaderSize + abi.NodeIDSize + len(m.Topic) + len(m.Key) + len(m.Data))
}

func messageRecordRow(name string, sent step, want record) Row {
	script := NewScript()
	subscribe(script, topic)
	b := script.OnNth(Message, 1)
	want.want(b)
	b.WantEqual("len", Load64(addrParam), Imm(messageSize(sent.messages[0])))
	b.WantEqual("seq", Load64(addrEvent+8), zero)
	b.WantEqual("created", Load64(addrEvent+24), zero)
	b.messageParts(addrEvent, sent.messages[0])
	b.viewed()
	script.counts(Message, 1)
	return Row{Name: "record of " + name, script: script, farm: true, steps: []step{sent}}
}

// longMessageRow: a message is longer than the event buffer.
func longMessageRow() Row {
	sent := FarmMessage{topic, strings.Repeat("k", abi.MaxID), strings.Repeat("0123456789", 1000)}
	script := NewScript()
	subscribe(script, topic)
	b := script.On(Message)
	whole := Imm(messageSize(sent))
	b.WantEqual("len", Load64(addrParam), Imm(0x1000))
	b.WantEqual("flags", Load8(addrEvent+5), Imm(int64(abi.Truncated)))
	b.WantEqual("view_len", b.View(addrView), whole)
	b.WantEqual("view_flags", Load8(addrView+5), zero)
	b.messageParts(addrView, sent)
	b.Want(Imm(messageSize(sent)-0x1000), "event_read", Imm(0x1000), zero, zero)
	b.Want(whole, "event_read", zero, Imm(atBig), Imm(0x8000))
	b.WantEqual("view", b.Equal(atBig, addrView, whole), Imm(1))
	script.counts(Message, 1)
	return Row{Name: "a message longer than the event buffer", script: script, farm: true, steps: []step{{do: DoMessage, messages: []FarmMessage{sent}}}}
}

// longestMessageRow: everything in a message is as long as can be.
func longestMessageRow() Row {
	sent := FarmMessage{strings.Repeat("t", abi.MaxTopic), strings.Repeat("k", abi.MaxID), strings.Repeat("0123456789abcdef", abi.MaxMessage/16)}
	script := NewScript()
	subscribe(script, sent.Topic)
	b := script.On(Message)
	head := messageSize(sent) - abi.MaxMessage
	b.WantEqual("topic_len", Load16(addrEvent+54), length(sent.Topic))
	b.WantEqual("key_len", Load16(addrEvent+56), length(sent.Key))
	b.WantEqual("data_len", Load32(addrEvent+60), length(sent.Data))
	b.Want(Imm(abi.MaxMessage), "event_read", Imm(head), Imm(addrScratch), Imm(abi.MaxMessage))
	b.WantBytes(addrScratch, length(sent.Data), TextHash(sent.Data))
	b.Want(Imm(1), "event_read", Imm(head+abi.MaxMessage-1), Imm(addrAside), Imm(64))
	b.WantEqual("last", Load8(addrAside), Imm('f'))
	script.counts(Message, 1)
	return Row{Name: "the longest message", script: script, farm: true, steps: []step{{do: DoMessage, messages: []FarmMessage{sent}}}}
}

// messageOrderRow: those with one key come in order. Each has one byte more.
func messageOrderRow() Row {
	const n = 50
	var data []string
	for i := range n {
		data = append(data, strings.Repeat("x", i))
	}
	script := NewScript()
	subscribe(script, topic)
	b := script.On(Message)
	b.Expect("in_order", b.Less(Load32(addrEvent+60), calls(Message)), Imm(1))
	b.If(b.Sub(b.Add(Load32(addrEvent+60), Imm(1)), calls(Message)), b.Trap)
	script.counts(Message, n)
	return Row{Name: "messages with one key come in order", script: script, farm: true, steps: []step{sends("key", data...)}}
}

// messageErrorRow: a hook's error leaves the instance, and a request without a
// reply.
func messageErrorRow() Row {
	script := NewScript()
	subscribe(script, topic)
	last := script.OnNth(Message, 3)
	last.op(func(c *compiler) { c.want["starts"] = 1 })
	last.Expect("message_calls", calls(Message), Imm(3))
	last.Expect("missed_calls", calls(Missed), Imm(1))
	for _, h := range []Handler{Message, Missed} {
		script.On(h).Return(Imm(7))
	}
	return Row{Name: "a message's error leaves the instance", script: script, farm: true, steps: []step{sends("key", ""), loses(1, 0), asks(""), sends("key", "")}}
}

// messageFaultRow: a message whose handler traps is not delivered twice.
func messageFaultRow() Row {
	script := faulting(Message, (*Block).Trap)
	subscribe(script, topic)
	return Row{
		Name: "trap in message", script: script, farm: true, unset: []string{"after", "stopped"},
		steps: []step{sends("key", "one"), sends("key", "two")},
	}
}

func lostRecordRow(name string, count uint64, heard int64) Row {
	script := NewScript()
	subscribe(script, topic)
	b := script.OnNth(Missed, 1)
	record{abi.Lost, abi.FromHost, 0, 0}.want(b)
	lost := FarmMessage{Topic: topic}
	b.WantEqual("len", Load64(addrParam), Imm(messageSize(lost)))
	b.WantEqual("seq", Load64(addrEvent+8), Imm(int64(count)))
	b.WantEqual("created", Load64(addrEvent+24), Imm(heard))
	b.messageParts(addrEvent, lost)
	b.viewed()
	script.counts(Missed, 1)
	script.On(Message).Report("message_calls", Imm(1))
	return Row{
		Name: "record of " + name, script: script, farm: true, unset: []string{"message_calls"},
		steps: []step{loses(count, heard)},
	}
}

// lostRow: every lost message is told of, and what a plugin does about it works:
// it asks the sender.
func lostRow() Row {
	script := NewScript()
	subscribe(script, topic)
	b := script.On(Missed)
	b.Text(atText, "lost")
	b.Call("metric_add", Imm(atText), Imm(4), Load64(addrEvent+8))
	b.Text(atText, topic)
	b.Copy(atOther, addrEvent+abi.HeaderSize, Imm(abi.NodeIDSize))
	b.Want(length("the rest"), "message_request", Imm(atText), length(topic), Imm(atOther), Imm(abi.NodeIDSize), Imm(atText), Imm(4), Imm(atBuf), Imm(64), zero)
	b.Code(abi.Unsupported, "message_reply", Imm(atText), Imm(4))
	b.op(func(c *compiler) { c.want["lost"] = 12 })
	return Row{
		Name: "lost messages are told of", script: script, farm: true,
		answers: []answer{{topic: topic, toPeer: true, data: topic[:4], reply: reply("the rest")}},
		steps:   []step{loses(5, 0), sends("key", "data"), loses(7, 1)},
	}
}
