// Package spelling finds the known name that a misspelt one was probably meant
// to be, for "did you mean" in messages to people. It decides nothing: a
// misspelt name stays an error.
//
// Its functions are pure, and safe for concurrent use. A word from a hostile
// file costs a bounded amount of work, however long it is.
package spelling

import "strings"

// maxWord is the length in bytes of the longest word that is compared; nothing
// that long is a slip of the finger.
const maxWord = 64

// Closest returns the element of known that word was probably meant to be: the
// same but for case and punctuation ("onSessionInsert", "on-session-insert"),
// else the one that the fewest single changes lead to, where these are few for
// its length. The first of equals wins. It returns "" where none is close, and
// where word itself is known.
func Closest(word string, known []string) string {
	if word == "" || len(word) > maxWord {
		return ""
	}
	plain := letters(word)
	best, least := "", maxWord
	for _, k := range known {
		if k == word {
			return ""
		}
		if letters(k) == plain {
			return k
		}
		most := tolerance(k)
		if apart := len(word) - len(k); apart > most || -apart > most {
			continue
		}
		if d := distance(strings.ToLower(word), k); d <= most && d < least {
			best, least = k, d
		}
	}
	return best
}

// tolerance is the number of changes that a name may be away: one where it is
// short, since short names are near each other anyway.
func tolerance(name string) int { return min(1+len(name)/6, 3) }

// letters strips what naming styles differ in.
func letters(s string) string {
	return strings.Map(func(r rune) rune {
		if r == '_' || r == '-' || r == ':' || r == '.' || r == ' ' {
			return -1
		}
		return r
	}, strings.ToLower(s))
}

// distance is the number of bytes to insert, delete, replace or swap with
// their neighbour that lead from a to b (optimal string alignment).
func distance(a, b string) int {
	before, last, row := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range last {
		last[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			row[j] = min(last[j]+1, row[j-1]+1, last[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, last, row = last, row, before
	}
	return last[len(b)]
}
