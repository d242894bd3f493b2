package demo

import (
	"fmt"
	"time"
)

const (
	// window is how many ticks are looked at to tell whether a change has
	// taken effect: half a second.
	window = 4
	// goal is the share of returning clients that has to resume then.
	goal = 0.99
	// patience is how long after a change that is waited for.
	patience = 5 * time.Second
)

// An act is a phase as it happens. Its figures are of the time after its change
// has taken effect: when the nodes have done it, and 99% of those who came back
// within half a second have resumed. What was before is counted apart.
type act struct {
	phase   *phase
	begun   time.Time
	changed time.Time // the nodes have done it
	settled time.Time // it has taken effect, or was given up
	ended   time.Time
	below   time.Duration // how long it was below the goal until settled, a window at a time
	judged  bool          // a window of ticks was looked at

	recent  []tally // of the last ticks, a window of them at most
	before  tally   // until settled
	steady  tally   // from then on
	from    []usage // at settled
	to      []usage // the last look, at the end if it has ended
	earlier []usage // the one before
}

func (a *act) add(t *tally) {
	a.recent = append(a.recent, *t)
	a.recent = a.recent[max(0, len(a.recent)-window):]
	if a.settled.IsZero() {
		a.before.add(t)
	} else {
		a.steady.add(t)
	}
}

// lately is what the last ticks counted.
func (a *act) lately() (sum tally) {
	for i := range a.recent {
		sum.add(&a.recent[i])
	}
	return sum
}

// takesEffect reports whether the act is settled from now on.
func (a *act) takesEffect(now time.Time) bool {
	if len(a.recent) < window {
		return false
	}
	t := a.lately()
	if !a.phase.shares { // as soon as everybody has a session
		return t.handshakes > 0 && t.handshakes == t.comebacks()
	}
	reached := t.share() >= goal
	if !reached && t.comebacks() > 0 {
		a.below += tick
		if !a.judged {
			a.below = window * tick
		}
	}
	a.judged = true
	since := now.Sub(a.changed)
	return !a.changed.IsZero() && (reached && since >= window*tick || since >= patience)
}

// outcome says how it is, once the act is settled.
func (a *act) outcome() string {
	t := a.lately()
	switch {
	case !a.phase.shares || a.phase.then == "":
		return a.phase.done
	case t.share() >= goal:
		return a.phase.then
	}
	return fmt.Sprintf("%s; but after %s only %s of those who come back resume", a.phase.done, patience, t.share().percent())
}

// end is when an act that is settled is over: when its time is up, but not
// before it has been measured for a third of that.
func (a *act) end(total time.Duration) time.Time {
	length := time.Duration(a.phase.part * float64(total))
	planned, least := a.begun.Add(length), a.settled.Add(length/3)
	if least.After(planned) {
		return least
	}
	return planned
}

// figures returns what is known of an act now: of its last ticks, as long as it
// is not settled, or only just.
func (a *act) figures(now time.Time) Figures {
	t, seconds, r := a.steady, now.Sub(a.settled).Seconds(), between(a.from, a.to)
	if a.settled.IsZero() || a.ended.IsZero() && seconds < window*tick.Seconds() {
		t, seconds, r = a.lately(), float64(len(a.recent))*tick.Seconds(), rate{unknown, unknown}
	}
	if !r.messages.known() {
		r = between(a.earlier, a.to) // as long as nothing else is known
	}
	f := Figures{
		Seconds: number(seconds), Handshakes: t.handshakes,
		Share: t.share(), ShareTLS12: t.shareOf(tls12), ShareTLS13: t.shareOf(tls13),
		Full: unknown, Resumed: unknown, P50: t.quantile(0.5), P99: t.quantile(0.99),
		CPU: r.cpu, Messages: r.messages,
		Failed: a.before.failed + a.steady.failed, Cut: a.before.cut + a.steady.cut,
	}
	if seconds > 0 {
		f.Full = number(float64(t.handshakes-t.resumed) / seconds)
		f.Resumed = number(float64(t.resumed) / seconds)
	}
	return f
}
