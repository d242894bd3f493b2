package demo

import "time"

// A View is what there is to see at a moment.
type View struct {
	Config   Config
	Balancer string // its address, once it is there
	Note     string // what is happening now
	Elapsed  time.Duration
	Over     bool // nothing more will come

	Rows    []Row   // one for each phase
	Marks   []Mark  // one for each phase that has begun
	History []Point // in order of time
	Nodes   []Life

	looked time.Duration // when Nodes were counted last
	served []int         // their connections then
}

// A Row is one phase in the table.
type Row struct {
	Title string
	State State
	Figures
}

// A State says how far a phase is.
type State int

// The states of a phase.
const (
	Waiting State = iota
	Running
	Done
)

// A Mark is the begin of a phase in the chart.
type Mark struct {
	At    time.Duration
	Label string
}

// A Point is how many clients came back, and resumed, in a moment.
type Point struct {
	At            time.Duration
	Came, Resumed int
}

// A Life is what a node is doing.
type Life struct {
	Name      string
	Up        bool
	PerSecond number // connections
}

func newView(cfg Config, plan []phase) *View {
	v := &View{Config: cfg, Nodes: make([]Life, cfg.Nodes)}
	for i := range v.Nodes {
		v.Nodes[i] = Life{Name: nodeName(i), PerSecond: unknown}
	}
	for _, p := range plan {
		v.Rows = append(v.Rows, Row{Title: p.title})
	}
	return v
}

// lives notes which nodes are up, and twice a second how busy they are.
func (v *View) lives(up []bool, served []int) {
	for i := range v.Nodes {
		v.Nodes[i].Up = up[i]
	}
	passed := v.Elapsed - v.looked
	if passed < time.Second/2 {
		return
	}
	for i := range v.Nodes {
		v.Nodes[i].PerSecond = unknown
		if i < len(v.served) && served[i] >= v.served[i] {
			v.Nodes[i].PerSecond = number(float64(served[i]-v.served[i]) / passed.Seconds())
		}
	}
	v.looked, v.served = v.Elapsed, served
}

// current is the phase that runs, or ran last.
func (v *View) current() int { return max(0, len(v.Marks)-1) }

// length is how long everything takes: as planned, or longer.
func (v *View) length() time.Duration { return max(v.Config.Duration, v.Elapsed) }
