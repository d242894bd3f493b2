package bus

// An address is what all frames of a topic have in common.
type address struct {
	subject string
	ad      []byte
}

// maxAddresses is how many are kept.
const maxAddresses = 1 << 10

// addresses are those of the topics in use. They are larger than all that is
// kept of a topic for good, and quickly made.
type addresses struct {
	farm string
	by   map[*outTopic]address
}

func (a *addresses) init(farm string) {
	a.farm, a.by = farm, map[*outTopic]address{}
}

func (a *addresses) of(t *outTopic) address {
	to, ok := a.by[t]
	if ok {
		return to
	}
	if len(a.by) >= maxAddresses {
		clear(a.by)
	}
	to = address{messageSubject(a.farm, t.name), associate(frameMessages, a.farm, t.name, nil)}
	a.by[t] = to
	return to
}
