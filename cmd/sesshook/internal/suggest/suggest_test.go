package suggest

import (
	"strings"
	"testing"
)

func TestClosest(t *testing.T) {
	names := []string{"listen", "modules", "max-bytes", "max-sessions", "ttl"}
	for _, tt := range []struct{ behaviour, word, want string }{
		{"a letter missing", "lisen", "listen"},
		{"two letters swapped", "lsiten", "listen"},
		{"a letter too many", "modulees", "modules"},
		{"singular for plural", "max-session", "max-sessions"},
		{"underscore for dash", "max_bytes", "max-bytes"},
		{"nothing near", "upstream", ""},
		{"nothing typed", "", ""},
		{"a short name is not any short word", "abc", ""},
		{"a very long word", strings.Repeat("listen", 100), ""},
	} {
		t.Run(tt.behaviour, func(t *testing.T) {
			if got := Closest(tt.word, names); got != tt.want {
				t.Errorf("Closest(%q) is %q, want %q", tt.word, got, tt.want)
			}
		})
	}
}

func TestHint(t *testing.T) {
	if got := Hint("lisen", "--", []string{"listen"}); got != "; did you mean --listen?" {
		t.Error(got)
	}
	if got := Hint("xyz", "--", []string{"listen"}); got != "" {
		t.Error(got)
	}
}
