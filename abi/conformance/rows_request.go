package conformance

import (
	"fmt"
	"strings"

	"github.com/sesshook/sesshook/abi"
)

// nobody is the id of a node that is not there.
const nobody = "000000000001"

// requestRows are about what a guest sends, asks and answers.
func requestRows() []Row {
	var rows []Row
	for _, h := range handlers {
		for _, sent := range []struct {
			name string
			body func(r *Row, b *Block)
		}{{"publish", publishCalls}, {"request", requestCalls}} {
			script := NewScript()
			r := scene(h, script)
			r.Name, r.farm = sent.name+" in "+h.String(), true
			b := script.OnNth(h, 1)
			b.setup()
			b.Text(atText, topic)
			sent.body(&r, b)
			rows = append(rows, r)
		}
	}
	return append(rows, subscribeRow(), longestSentRow(), replyRow(), longReplyRow(), noReplyRow(), goneRow(), noRequestRow(), restReplyRow())
}

func publishCalls(r *Row, b *Block) {
	at, n := Imm(atText), length(topic)
	send := func(key, data Arg, m FarmMessage) {
		b.Code(abi.OK, "message_publish", at, n, Imm(atLong), key, Imm(atB), data)
		m.Topic = topic
		r.published = append(r.published, m)
	}
	send(Imm(3), Imm(10), FarmMessage{Key: "eee", Data: sessionB.ID[:10]})
	send(zero, Imm(5), FarmMessage{Data: sessionB.ID[:5]})
	send(Imm(1), zero, FarmMessage{Key: "e"})
	send(zero, zero, FarmMessage{})
	send(Imm(abi.MaxID), Imm(1), FarmMessage{Key: strings.Repeat("e", abi.MaxID), Data: sessionB.ID[:1]})
	b.Code(abi.Invalid, "message_publish", at, n, Imm(atLong), Imm(abi.MaxID+1), Imm(atB), Imm(1))
	b.Code(abi.TooLarge, "message_publish", at, n, zero, zero, Imm(addrScratch-0x1000), Imm(abi.MaxMessage+1))
	for _, bad := range badTopics {
		b.Text(atOther, bad)
		b.Code(abi.Invalid, "message_publish", Imm(atOther), length(bad), Imm(atA), Imm(4), Imm(atB), Imm(4))
	}
	longest := strings.Repeat("t", abi.MaxTopic)
	b.Text(atOther, longest)
	b.Code(abi.OK, "message_publish", Imm(atOther), length(longest), zero, zero, Imm(atB), Imm(2))
	r.published = append(r.published, FarmMessage{Topic: longest, Data: sessionB.ID[:2]})
}

func requestCalls(r *Row, b *Block) {
	const node, stranger, noNode = addrAside, addrAside + 0x20, addrAside + 0x40
	b.Peer(node)
	b.Text(stranger, nobody)
	b.Text(noNode, nobody+"0")
	ask := func(want, to, toLen, data, room Arg) {
		b.Want(want, "message_request", Imm(atText), length(topic), to, toLen, Imm(atB), data, Imm(atBuf), room, zero)
	}
	answered := func(toPeer bool, data int, with string) Arg {
		r.answers = append(r.answers, answer{topic, toPeer, sessionB.ID[:data], &with})
		return length(with)
	}
	b.covers("message_request", abi.OK)
	ask(answered(false, 1, "from anybody"), zero, zero, Imm(1), Imm(64))
	b.WantBytes(atBuf, length("from anybody"), TextHash("from anybody"))
	ask(answered(true, 2, "from the peer"), Imm(node), Imm(abi.NodeIDSize), Imm(2), Imm(64))
	b.WantBytes(atBuf, length("from the peer"), TextHash("from the peer"))
	b.Fill(atBuf, pattern, bufSize)
	ask(answered(false, 3, ""), zero, zero, Imm(3), Imm(64))
	n := answered(false, 0, strings.Repeat("long ", 100))
	ask(n, zero, zero, zero, Imm(499)) // one too few
	ask(n, zero, zero, zero, zero)
	b.Untouched(atBuf, pattern, 512)
	ask(n, zero, zero, zero, n)

	ask(Imm(int64(abi.Unavailable)), Imm(stranger), Imm(abi.NodeIDSize), Imm(1), Imm(64))
	r.answers = append(r.answers, answer{topic, false, sessionB.ID[:4], nil})
	b.Code(abi.Unavailable, "message_request", Imm(atText), length(topic), zero, zero, Imm(atB), Imm(4), wild, Imm(64), Imm(20))
	for _, bad := range []int64{1, 11, 13} {
		b.Code(abi.Invalid, "message_request", Imm(atText), length(topic), Imm(noNode), Imm(bad), Imm(atB), Imm(1), Imm(atBuf), Imm(64), zero)
	}
	for _, none := range []string{"no node's id", "0123456789AB"} { // 12 bytes, of no node
		b.Text(noNode, none)
		b.Code(abi.Unavailable, "message_request", Imm(atText), length(topic), Imm(noNode), Imm(abi.NodeIDSize), Imm(atB), Imm(1), Imm(atBuf), Imm(64), zero)
	}
	b.Code(abi.TooLarge, "message_request", Imm(atText), length(topic), zero, zero, Imm(addrScratch-0x1000), Imm(abi.MaxMessage+1), Imm(atBuf), Imm(64), zero)
	for _, bad := range badTopics {
		b.Text(atOther, bad)
		b.Code(abi.Invalid, "message_request", Imm(atOther), length(bad), zero, zero, Imm(atB), Imm(1), Imm(atBuf), Imm(64), zero)
	}
}

// subscribeRow is message_subscribe with each of its codes but LIMIT.
func subscribeRow() Row {
	script := NewScript()
	b := script.On(Start)
	longest := strings.Repeat("t", abi.MaxTopic)
	for _, good := range []string{topic, topic, "t", longest} { // twice is as good as once
		b.Text(addrAside, good)
		b.Code(abi.OK, "message_subscribe", Imm(addrAside), length(good))
	}
	for _, bad := range badTopics {
		b.Text(addrAside, bad)
		b.Code(abi.Invalid, "message_subscribe", Imm(addrAside), length(bad))
	}
	b = script.On(Message)
	b.Text(addrAside, "t")
	b.Code(abi.Unsupported, "message_subscribe", Imm(addrAside), Imm(1))
	script.counts(Message, 3)
	return Row{
		Name: "subscriptions", script: script, farm: true,
		steps: []step{{do: DoMessage, messages: []FarmMessage{{topic, "key", "once"}, {"t", "key", ""}, {longest, "key", ""}}}},
	}
}

// longestSentRow sends, asks and answers as much as can be. The data are the
// machine's own: what they are does not matter.
func longestSentRow() Row {
	data := strings.Repeat("m", abi.MaxMessage)
	script := NewScript()
	subscribe(script, topic)
	b := script.On(Message)
	b.Text(addrAside, topic)
	b.Fill(addrScratch, 'm', abi.MaxMessage)
	at, n := Imm(addrAside), length(topic)
	b.Code(abi.OK, "message_publish", at, n, zero, zero, Imm(addrScratch), Imm(abi.MaxMessage))
	b.Want(length(data), "message_request", at, n, zero, zero, Imm(addrScratch), Imm(abi.MaxMessage), zero, zero, zero)
	b.Code(abi.OK, "message_reply", Imm(addrScratch), Imm(abi.MaxMessage))
	return Row{
		Name: "the longest message, request and reply of a guest", script: script, farm: true,
		answers: []answer{{topic: topic, data: data, reply: &data}}, steps: []step{asks("question").gets(data)},
		published: []FarmMessage{{Topic: topic, Data: data}},
	}
}

// answering is a script that subscribes, and a block for the one request.
func answering() (*Script, *Block) {
	script := NewScript()
	subscribe(script, topic)
	b := script.OnNth(Message, 1)
	b.setup()
	script.counts(Message, 1)
	return script, b
}

// replyRow: once, whatever was tried before.
func replyRow() Row {
	script, b := answering()
	b.Code(abi.TooLarge, "message_reply", Imm(addrScratch-0x1000), Imm(abi.MaxMessage+1))
	b.Code(abi.OK, "message_reply", Imm(atB), Imm(7))
	b.Code(abi.Unsupported, "message_reply", Imm(atA), Imm(7))
	b.Code(abi.Unsupported, "message_reply", wild, Imm(7))
	return Row{Name: "a reply is given once", script: script, farm: true, steps: []step{asks("question").gets(sessionB.ID[:7])}}
}

// longReplyRow: the reply is the question, which is longer than the event
// buffer.
func longReplyRow() Row {
	script, b := answering()
	question := strings.Repeat("quite a question, ", 400)
	data := b.Add(b.View(addrView), Imm(int64(-len(question))))
	b.CopyFrom(atBig, b.Add(data, Imm(addrView)), length(question))
	b.Code(abi.OK, "message_reply", Imm(atBig), length(question))
	return Row{Name: "a reply to a long request", script: script, farm: true, steps: []step{asks(question).gets(question)}}
}

func noReplyRow() Row {
	script, b := answering()
	b.Expect("asked", Load8(addrEvent+5), Imm(int64(abi.Request)))
	return Row{Name: "a request without a reply", script: script, farm: true, steps: []step{asks("question")}}
}

// goneRow: the node that asked has gone.
func goneRow() Row {
	script, b := answering()
	b.Code(abi.Unavailable, "message_reply", Imm(atB), Imm(7))
	b.Code(abi.Unsupported, "message_reply", Imm(atB), Imm(7))
	s := asks("question")
	s.gone = true
	return Row{Name: "a reply to nobody", script: script, farm: true, steps: []step{s}}
}

// noRequestRow: what is no request can't be answered.
func noRequestRow() Row {
	script, b := answering()
	b.Code(abi.Unsupported, "message_reply", Imm(atB), Imm(7))
	b.Code(abi.Unsupported, "message_reply", wild, Imm(-1))
	return Row{Name: "a reply to a message that is no request", script: script, farm: true, steps: []step{sends("key", "no question")}}
}

// restReplyRow: requests are answered one after the other, each its own.
func restReplyRow() Row {
	script := NewScript()
	subscribe(script, topic)
	b := script.On(Message)
	at := uint32(addrEvent + abi.HeaderSize + abi.NodeIDSize + len(topic))
	b.Code(abi.OK, "message_reply", Imm(int64(at)), Load32(addrEvent+60))
	script.counts(Message, 3)
	r := Row{Name: "each request has its reply", script: script, farm: true}
	for i := range 3 {
		s := fmt.Sprint("question ", i)
		r.steps = append(r.steps, asks(s).gets(s))
	}
	return r
}
