package plugin

import "sync"

// maxPublished bounds the topics that a plugin publishes to. It is far beyond
// what one has a use for that has a topic for each node of a large farm, and a
// sixteenth of what the farm of a node takes from all plugins together: one
// that makes up topics uses up its own.
const maxPublished = 1 << 14

// published are the topics that a plugin has published to. They outlive its
// reloads, as what the farm keeps of each does. The zero value is ready to use.
type published struct {
	mu    sync.Mutex
	names map[string]string // to themselves: found by bytes, and kept without a copy
}

// admit returns topic as a string that may be kept; false where it is one too
// many.
func (p *published) admit(topic []byte) (name string, ok bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if name, ok := p.names[string(topic)]; ok {
		return name, true
	}
	if len(p.names) >= maxPublished {
		return "", false
	}
	if p.names == nil {
		p.names = map[string]string{}
	}
	name = string(topic)
	p.names[name] = name
	return name, true
}
