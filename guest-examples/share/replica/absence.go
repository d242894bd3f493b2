package replica

// An absence is an id that nobody had, and when that was found out.
type absence struct {
	hash uint64
	at   int64
}

// absences are the last of them: a client may bring the same old ticket again and
// again. They are kept as 8 bytes of a hash that nobody can choose ids for, as for
// seen, each in the one place that the hash has: there are no more than a few
// dozen that count at a time, as searches in vain are rare.
type absences []absence

const (
	// absencesKept is how many there are, one for each first byte of a hash.
	absencesKept = 256
	// absentFor is how long one counts. A node that has the session may come back,
	// but seldom within so short a time.
	absentFor = 2 * second
)

func (a absences) place(hash uint64) *absence { return &a[hash>>56] }

func (a absences) add(hash uint64, now int64) { *a.place(hash) = absence{hash, now} }

func (a absences) has(hash uint64, now int64) bool {
	p := a.place(hash)
	return p.hash == hash && within(now, p.at, absentFor)
}
