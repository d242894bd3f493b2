package demo

import (
	"context"
	"sync"
	"time"
)

const (
	// tick is how often visits are counted and the view is drawn.
	tick = 125 * time.Millisecond
	// scrape is how many ticks lie between two looks at the nodes' metrics.
	scrape = 8
)

// visitors are the clients. A crowd is one.
type visitors interface {
	take() tally // the visits since it was called last
}

// A director goes through the phases. It is used by one goroutine.
type director struct {
	cfg     Config
	plan    []phase
	farm    stage
	visits  visitors
	view    *View
	now     func() time.Time
	closers []func()

	begun time.Time
	acts  []*act // one for each phase that has begun
	ticks int
}

// say shows what is happening now.
func (d *director) say(text string) {
	d.view.Note = text
	d.cfg.Display.Show(d.view)
}

// perform goes through all phases.
func (d *director) perform(ctx context.Context) error {
	d.begun = d.now()
	for i := range d.plan {
		if err := d.play(ctx, &d.plan[i]); err != nil {
			return err
		}
	}
	return nil
}

// play goes through one phase.
func (d *director) play(ctx context.Context, p *phase) error {
	a := &act{phase: p, begun: d.now()}
	if n := len(d.acts); n > 0 {
		a.to = d.acts[n-1].to
	}
	d.acts = append(d.acts, a)
	d.view.Marks = append(d.view.Marks, Mark{At: a.begun.Sub(d.begun), Label: p.label})

	ctx, cancel := context.WithCancel(ctx)
	notes, changed := make(chan string), make(chan error, 1)
	say := func(text string) {
		select {
		case notes <- text:
		case <-ctx.Done():
		}
	}
	var changing sync.WaitGroup
	changing.Go(func() { changed <- p.change(ctx, d.farm, say) })
	defer changing.Wait()
	defer cancel()

	clock := time.NewTicker(tick)
	defer clock.Stop()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case err := <-d.farm.failed():
			return err
		case text := <-notes:
			d.say(text)
		case err := <-changed:
			if err != nil {
				return err
			}
			a.changed = d.now()
			d.say(p.done)
		case <-clock.C:
			if d.step(ctx, a) {
				return nil
			}
		}
	}
}

// step counts what has happened since the last one, shows it, and reports
// whether the phase is over.
func (d *director) step(ctx context.Context, a *act) (over bool) {
	now, t := d.now(), d.visits.take()
	a.add(&t)
	if a.settled.IsZero() && a.takesEffect(now) {
		a.settled, a.from = now, d.farm.usage(ctx)
		a.to, a.earlier = a.from, a.to
		d.view.Note = a.outcome()
	}
	d.ticks++
	over = !a.settled.IsZero() && !now.Before(a.end(d.cfg.Duration))
	if over || d.ticks%scrape == 0 {
		a.earlier, a.to = a.to, d.farm.usage(ctx)
	}
	if over {
		a.ended = now
	}
	d.update(now, &t, a)
	return over
}

// update shows what is known now.
func (d *director) update(now time.Time, t *tally, a *act) {
	v, i := d.view, len(d.acts)-1
	v.Elapsed = now.Sub(d.begun)
	v.History = append(v.History, Point{At: v.Elapsed, Came: t.comebacks(), Resumed: t.accepted[tls12] + t.accepted[tls13]})
	v.Rows[i].State = Running
	if !a.ended.IsZero() {
		v.Rows[i].State = Done
	}
	v.Rows[i].Figures = a.figures(now)
	v.lives(d.farm.up(), d.farm.served())
	d.cfg.Display.Show(v)
}
