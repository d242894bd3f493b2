package c

import (
	"regexp"
	"strings"
	"testing"
)

// declares finds what an author may use, by how a line of a header begins: macros,
// types, functions and variables, and the members of the classes of C++. Names that end
// in an underscore are the header's own.
var declares = []*regexp.Regexp{
	regexp.MustCompile(`^#define (\w+)[( ]`),
	regexp.MustCompile(`^(?:typedef )?(?:struct|enum) (\w+) \{`),
	regexp.MustCompile(`^typedef \w+ (\w+);$`),
	regexp.MustCompile(`^static inline [\w ]+?\*?(\w+)\(`),
	regexp.MustCompile(`^SH_C_ [\w *]+?(\w+);$`),
	regexp.MustCompile(`^(?:enum class|class|struct)(?: \[\[nodiscard\]\])? (\w+(?:<void>)?) `),
	regexp.MustCompile(`^using (\w+) =`),
	regexp.MustCompile(`^\w+ (fake_\w+)\(.*\);$`),
	regexp.MustCompile(`^(?:  )?(?:inline |constexpr |static )*[\w:]+(?:<[\w:]+>)? [*&]?(\w+|operator\S+?)\(.*\{`),
}

// declaration returns the name of what a line declares; empty if that is nothing, or
// nothing for authors.
func declaration(line string) string {
	for _, d := range declares {
		if m := d.FindStringSubmatch(line); m != nil {
			if strings.HasSuffix(m[1], "_") || strings.HasSuffix(m[1], "_H") || strings.HasSuffix(m[1], "_HPP") {
				return ""
			}
			return m[1]
		}
	}
	return ""
}

// comment matches one that is documentation and of one thing: not of a group.
var comment = regexp.MustCompile(`(?s)^/\*\*[ \n].*\S\s*\*/$`)

// documented returns, of a header, the names that are declared, and whether one of
// their declarations follows a comment, or has one behind it.
func documented(header string) map[string]bool {
	found := make(map[string]bool)
	lines := strings.Split(regexp.MustCompile(`(?s)\nnamespace detail \{.*?\n\}  // namespace detail\n`).ReplaceAllString(header, "\n"), "\n")
	for i, line := range lines {
		if name := declaration(line); name != "" {
			found[name] = found[name] || strings.Contains(line, "/**< ") || follows(lines[:i])
		}
	}
	return found
}

// follows tells whether lines end in a comment that documents what comes next.
func follows(lines []string) bool {
	end := len(lines)
	for end > 0 && strings.HasPrefix(strings.TrimSpace(lines[end-1]), "template <") {
		end--
	}
	begin := end - 1
	for begin > 0 && !strings.HasPrefix(strings.TrimSpace(lines[begin]), "/*") {
		if begin < end-1 && strings.HasSuffix(lines[begin], "*/") {
			return false
		}
		begin--
	}
	if begin < 0 {
		return false
	}
	text := strings.TrimSpace(strings.Join(lines[begin:end], "\n"))
	return comment.MatchString(text) && !strings.Contains(text, "@{") && !strings.Contains(text, "@}")
}

func TestEverythingForAuthorsIsDocumented(t *testing.T) {
	for _, header := range []struct {
		name  string
		known []string // some of each sort, so that the test can't look at nothing
	}{
		{"sesshook.h", []string{"SH_MAX_ID", "sh_result", "sh_code", "sh_kind", "sh_bytes", "sh_view", "SH_STR", "sh_event_kind", "sh_event_buffer_at", "SH_ON_TICK", "SH_ON_MESSAGE_PART", "SH_EXPORT", "sh_json_i64"}},
		{"sesshook.hpp", []string{"Code", "Level", "Span", "Result", "Result<void>", "Room", "value_or", "operator[]", "operator==", "operator|", "session_get_into", "kv_put", "server_name", "SESSHOOK_ON_TICK", "name"}},
		{"fake/sesshook_fake.h", []string{"fake_phase_t", "fake_reset", "fake_has_metric", "fake_event", "fake_call"}},
	} {
		found := documented(source(t, header.name))
		for name, ok := range found {
			if !ok {
				t.Errorf("%s: %s has no documentation", header.name, name)
			}
		}
		for _, name := range header.known {
			if _, ok := found[name]; !ok {
				t.Errorf("%s: %s was not found", header.name, name)
			}
		}
	}
}
