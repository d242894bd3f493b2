// Package suggest finds what somebody who mistyped a name probably meant. It
// holds no state.
package suggest

// Closest returns the candidate that is most like word, and "" where none is
// near: it takes at most one edit per three letters (two for a word of up to
// six), where an edit inserts, deletes or replaces a letter, or swaps two.
func Closest(word string, candidates []string) string {
	best, limit := "", max(2, len(word)/3)+1
	for _, c := range candidates {
		if d := distance(word, c); d < limit && d < len(c) {
			best, limit = c, d
		}
	}
	return best
}

// Hint returns a clause to append to an error, "; did you mean prefix+name?",
// or "" where no candidate is near.
func Hint(word, prefix string, candidates []string) string {
	if c := Closest(word, candidates); c != "" {
		return "; did you mean " + prefix + c + "?"
	}
	return ""
}

// distance is the optimal string alignment distance of a and b, in bytes. It
// looks at no more than the first 64 of each.
func distance(a, b string) int {
	a, b = a[:min(len(a), 64)], b[:min(len(b), 64)]
	var before, last, row [65]int
	for j := range last {
		last[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row[0] = i
		for j := 1; j <= len(b); j++ {
			replace := last[j-1]
			if a[i-1] != b[j-1] {
				replace++
			}
			row[j] = min(replace, last[j]+1, row[j-1]+1)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, last = last, row
	}
	return last[len(b)]
}
