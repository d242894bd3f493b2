package conformance

import (
	"strings"

	"github.com/sesshook/sesshook/abi"
)

// topic is what the scripts subscribe to.
const topic = "conformance.Talk_1-2"

// badTopics are no topics.
var badTopics = []string{"", "a b", "a/b", "topic\x00", "\u00e4", "a*", strings.Repeat("t", abi.MaxTopic+1)}

// subscribe has the script subscribe in plugin_start.
func subscribe(s *Script, to string) {
	b := s.On(Start)
	b.Text(addrAside, to)
	b.Code(abi.OK, "message_subscribe", Imm(addrAside), length(to))
}

// asks is a request of the other node, to which no reply may come.
func asks(data string) step {
	return step{do: DoRequest, messages: []FarmMessage{{Topic: topic, Data: data}}}
}

// gets is asks, to which that reply must come.
func (s step) gets(reply string) step {
	s.reply = &reply
	return s
}

// sends are messages of the other node, with a key, one after the other.
func sends(key string, data ...string) step {
	s := step{do: DoMessage}
	for _, d := range data {
		s.messages = append(s.messages, FarmMessage{topic, key, d})
	}
	return s
}

// loses is n messages of the other node that did not arrive.
func loses(n uint64, heard int64) step { return step{do: DoLose, lost: LostMessages{topic, n, heard}} }

// farmRows are about what a farm is for a plugin apart from its messages.
func farmRows() []Row {
	return []Row{partedRow(), sharedKeysRow(), ownPublishRow(), resubscribeRow(), noSubscriptionRow(), spreadRow()}
}

// partedRow: what needs the other node is UNAVAILABLE while it is away.
func partedRow() Row {
	script := NewScript()
	away := script.OnNth(Insert, 1)
	back := script.OnNth(Insert, 2)
	for _, b := range []*Block{away, back} {
		code := abi.Unavailable
		if b == back {
			code = abi.OK
		}
		b.setup()
		b.Text(atText, topic)
		b.Text(atOther, "key")
		b.Code(code, "message_publish", Imm(atText), length(topic), Imm(atA), Imm(4), Imm(atB), Imm(4))
		answered := length("here")
		if b == away {
			answered = Imm(int64(abi.Unavailable))
		}
		b.covers("message_request", code)
		b.Want(answered, "message_request", Imm(atText), length(topic), zero, zero, Imm(atB), Imm(4), Imm(atBuf), Imm(64), Imm(20))
		b.Code(code, "kv_put", Imm(atOther), Imm(3), Imm(atA), zero, zero)
		b.Code(code, "kv_get", Imm(atOther), Imm(3), Imm(atBuf), Imm(64))
		b.Code(code, "kv_delete", Imm(atOther), Imm(3))
	}
	script.counts(Insert, 2)
	return Row{
		Name: "a farm that is lost for a while", script: script, farm: true,
		answers: []answer{{topic: topic, data: sessionB.ID[:4], reply: reply("here")}},
		steps: []step{
			{do: DoPart}, {do: DoInsert, session: sessionA}, {do: DoRejoin}, {do: DoInsert, session: sessionC},
		},
		published: []FarmMessage{{topic, sessionA.ID[:4], sessionB.ID[:4]}},
	}
}

func reply(s string) *string { return &s }

// sharedKeysRow: a plugin reads what its namesake on the other node has put, and
// the other way round.
func sharedKeysRow() Row {
	script := NewScript()
	b := script.OnNth(Insert, 1)
	b.setup()
	b.Text(atText, "fromherefromthere")
	here, there := []Arg{Imm(atText), Imm(8)}, []Arg{Imm(atText + 8), Imm(9)}
	b.Want(Imm(5), "kv_get", append(there, Imm(atBuf), Imm(bufSize))...)
	b.WantBytes(atBuf, Imm(5), TextHash("there"))
	b.Code(abi.OK, "kv_put", append(here, Imm(atA), Imm(11), zero)...)
	b.Code(abi.OK, "kv_put", append(there, Imm(atA), Imm(7), Imm(3_600_000))...)
	b = script.OnNth(Insert, 2)
	b.Code(abi.OK, "kv_delete", there...)
	b.Code(abi.NotFound, "kv_delete", there...)
	b.Code(abi.NotFound, "kv_get", append(there, Imm(atBuf), Imm(bufSize))...)
	script.counts(Insert, 2)
	return Row{
		Name: "keys are the farm's", script: script, farm: true,
		steps: []step{
			{do: DoPut, messages: []FarmMessage{{Key: "fromthere", Data: "there"}}},
			{do: DoInsert, session: sessionA}, {do: DoInsert, session: sessionC},
		},
		stored: map[string]string{"fromhere": sessionA.ID[:11]},
	}
}

// ownPublishRow: a plugin does not get what it sends.
func ownPublishRow() Row {
	script := NewScript()
	subscribe(script, topic)
	b := script.On(Insert)
	b.Text(atText, topic)
	b.Code(abi.OK, "message_publish", Imm(atText), length(topic), zero, zero, Imm(atText), Imm(4))
	script.counts(Insert, 1)
	script.On(Message).Report("message_calls", Imm(1))
	return Row{
		Name: "a plugin does not get its own messages", script: script, farm: true, unset: []string{"message_calls"},
		steps: []step{{do: DoInsert, session: sessionA}}, published: []FarmMessage{{topic, "", topic[:4]}},
	}
}

// resubscribeRow: what a successor does not subscribe to, it does not get.
func resubscribeRow() Row {
	old, next := NewScript(), NewScript()
	subscribe(old, topic)
	old.counts(Message, 1)
	subscribe(next, "another")
	b := next.On(Message)
	b.WantEqual("topic_len", Load16(addrEvent+54), length("another"))
	b.Expect("next_calls", calls(Message), Imm(1))
	return Row{
		Name: "a reload changes what is subscribed to", script: old, farm: true,
		steps: []step{
			sends("key", "one"), {do: DoReload, script: next}, sends("key", "two"),
			{do: DoMessage, messages: []FarmMessage{{"another", "key", "three"}}},
		},
	}
}

func noSubscriptionRow() Row {
	script := NewScript()
	script.counts(Insert, 1)
	for _, h := range []Handler{Message, Missed} {
		script.On(h).Report(h.String()+"_calls", Imm(1))
	}
	return Row{
		Name: "who does not subscribe gets nothing", script: script, farm: true, unset: []string{"message_calls", "missed_calls"},
		steps: []step{sends("key", "one"), sends("", "two"), {do: DoInsert, session: sessionA}},
	}
}

// spreadRow: which messages go to which instances.
func spreadRow() Row {
	script := NewScript()
	subscribe(script, topic)
	count := func(b *Block, what string, of Arg) {
		b.Text(addrAside, what)
		b.Call("metric_add", Imm(addrAside), length(what), of)
	}
	b := script.On(Message)
	b.If(Load16(addrEvent+56), func() { count(b, "keyed", Imm(1)) })
	count(b, "messages", Imm(1))
	count(b, "requests", Load8(addrEvent+5)) // 32 each
	b = script.On(Missed)
	count(b, "missed", Imm(1))
	b.op(func(c *compiler) {
		c.want["starts"], c.want["keyed"], c.want["messages"], c.want["requests"], c.want["missed"] = 3, 1, 5, 32, 1
	})
	return Row{
		Name: "messages over several instances", script: script, farm: true, sidecar: map[string]int64{"instances": 3},
		steps: []step{sends("key", "to one"), sends("", "to all three"), asks("to one"), loses(2, 0)},
	}
}

// farmLimitRows are about what the operator bounds.
func farmLimitRows() []Row {
	return []Row{subscriptionLimitRow(), rateLimitRow()}
}

func subscriptionLimitRow() Row {
	script := NewScript()
	b := script.On(Start)
	b.Text(addrAside, "abc")
	to := func(code abi.Code, n int64) {
		b.Code(code, "message_subscribe", Imm(addrAside+n), Imm(1))
	}
	to(abi.OK, 0)
	to(abi.OK, 1)
	to(abi.OK, 0) // again
	to(abi.Limit, 2)
	to(abi.OK, 1)
	b = script.On(Message)
	b.WantEqual("topic", Load8(addrEvent+64+abi.NodeIDSize), Imm('b'))
	script.counts(Message, 1)
	return Row{
		Name: "too many subscriptions", script: script, farm: true, sidecar: map[string]int64{"subscriptions": 2},
		steps: []step{{do: DoMessage, messages: []FarmMessage{{"c", "key", ""}, {"b", "key", ""}}}},
	}
}

// rateLimitRow sends more than one message in a second, unless that takes
// longer.
func rateLimitRow() Row {
	script := NewScript()
	b := script.On(Insert)
	b.Text(atText, topic)
	at, n := Imm(atText), length(topic)
	// Repeat ends with the first result that is not 0.
	published := b.Repeat(100, func(Arg) Arg { return b.Call("message_publish", at, n, zero, zero, zero, zero) })
	b.WantEqual("published", published, Imm(int64(abi.Limit)))
	requested := b.Repeat(100, func(Arg) Arg {
		return b.Call("message_request", at, n, zero, zero, zero, zero, Imm(atBuf), zero, Imm(10))
	})
	b.WantEqual("requested", requested, Imm(int64(abi.Limit)))
	b.covers("message_publish", abi.Limit)
	b.covers("message_request", abi.Limit)
	return Row{
		Name: "too many messages", script: script, farm: true, sidecar: map[string]int64{"message_rate": 1}, anyPublished: true,
		answers: []answer{{topic: topic, reply: reply("")}}, steps: []step{{do: DoInsert, session: sessionA}},
	}
}

// farmPointerRows are pointerRows of the functions that look at memory on a
// farm only.
func farmPointerRows() []Row {
	at, n := Imm(atText), length(topic)
	sends := rangeCalls{
		{"message_publish", []Arg{at, n, Imm(atA), Imm(4), Imm(atB), Imm(4)}, []int{0, 2, 4}},
		{"message_request", []Arg{at, n, zero, zero, Imm(atB), Imm(4), Imm(atBuf), Imm(64), Imm(10)}, []int{0, 2, 4, 6}},
	}
	replies := rangeCalls{{"message_reply", []Arg{Imm(atB), Imm(4)}, []int{0}}}
	rows := append(sends.rows(Insert), replies.rows(Message)...)
	for i := range rows {
		rows[i].farm = true
		rows[i].answers = []answer{{topic: topic, data: sessionB.ID[:4], reply: reply("some answer")}}
	}
	for _, bad := range badRanges {
		script := NewScript()
		script.On(Start).Call("message_subscribe", bad.ptr, bad.len)
		rows = append(rows, Row{Name: "message_subscribe: range 0 " + bad.name, script: script, farm: true, refused: true})
	}
	return append(rows, farmEmptyRangesRow())
}

// farmEmptyRangesRow: nothing lies within memory wherever it is, and a buffer
// that nothing is written to is not looked at.
func farmEmptyRangesRow() Row {
	script := NewScript()
	subscribe(script, topic)
	b := script.On(Message)
	b.setup()
	b.Text(atText, topic)
	at, n := Imm(atText), length(topic)
	b.Code(abi.OK, "message_publish", at, n, wild, zero, wild, zero)
	b.Code(abi.Invalid, "message_publish", wild, zero, wild, zero, wild, zero)
	b.Want(length("some answer"), "message_request", at, n, wild, zero, wild, zero, wild, zero, zero)
	b.Code(abi.Invalid, "message_request", wild, zero, wild, zero, wild, zero, wild, Imm(64), zero)
	b.Code(abi.Invalid, "message_request", at, n, Imm(atA), Imm(5), wild, zero, wild, Imm(64), zero)
	b.Code(abi.OK, "message_reply", wild, zero)
	b.op(func(c *compiler) { c.want["starts"] = 1 })
	return Row{
		Name: "a range of 0 bytes may be anywhere, on a farm", script: script, farm: true,
		answers: []answer{{topic: topic, reply: reply("some answer")}}, steps: []step{asks("question").gets("")},
		published: []FarmMessage{{Topic: topic}},
	}
}
