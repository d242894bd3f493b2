package spelling

import (
	"strings"
	"testing"
)

func TestClosest(t *testing.T) {
	known := []string{"session_get", "session_insert", "session_remove", "on_tick", "kv", "log", "enabled", "sessions:read", "sessions:write"}
	for _, tt := range []struct{ behaviour, word, want string }{
		{"a letter is missing", "session_remve", "session_remove"},
		{"a letter is too many", "session_gett", "session_get"},
		{"a letter is wrong", "session_ger", "session_get"},
		{"neighbours are swapped", "session_isnert", "session_insert"},
		{"camel case", "sessionInsert", "session_insert"},
		{"dashes", "session-insert", "session_insert"},
		{"capitals", "Enabled", "enabled"},
		{"a dot for a colon", "sessions.read", "sessions:read"},
		{"a short name, one letter off", "lag", "log"},
		{"a short name, two letters off, is another name", "tag", ""},
		{"another name altogether", "telemetry", ""},
		{"the name itself", "kv", ""},
		{"nothing", "", ""},
		{"far too long", strings.Repeat("session_get", 1000), ""},
	} {
		t.Run(tt.behaviour, func(t *testing.T) {
			if got := Closest(tt.word, known); got != tt.want {
				t.Errorf("Closest(%.40q) = %q, want %q", tt.word, got, tt.want)
			}
		})
	}
}

func TestDistance(t *testing.T) {
	for _, tt := range []struct {
		a, b string
		want int
	}{{"", "", 0}, {"", "abc", 3}, {"abc", "", 3}, {"abc", "abc", 0}, {"abc", "acb", 1}, {"kitten", "sitting", 3}, {"ca", "abc", 3}} {
		if got := distance(tt.a, tt.b); got != tt.want {
			t.Errorf("distance(%q, %q) = %d, want %d", tt.a, tt.b, got, tt.want)
		}
	}
}
