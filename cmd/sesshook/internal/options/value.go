package options

import (
	"errors"
	"fmt"
	"log/slog"
	"math"
	"net"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"github.com/sesshook/sesshook/abi"
	"github.com/sesshook/sesshook/cmd/sesshook/internal/suggest"
)

// The types of settings, each a pflag.Value. Their errors say what is wrong and
// how to write it; whoever called Set says where. String is used for the help
// text, so it writes a default as people would.

type text struct{ p *string }

func (v text) String() string     { return *v.p }
func (v text) Set(s string) error { *v.p = s; return nil }
func (v text) Type() string       { return "text" }

type toggle struct{ p *bool }

func (v toggle) String() string { return strconv.FormatBool(*v.p) }
func (v toggle) Type() string   { return "bool" }
func (v toggle) Set(s string) error {
	b, err := strconv.ParseBool(s)
	if err != nil {
		return fmt.Errorf("%q is neither true nor false", s)
	}
	*v.p = b
	return nil
}

type address struct {
	p     *string
	empty bool // may be empty, for off
}

func (v address) String() string { return *v.p }
func (v address) Type() string   { return "address" }
func (v address) Set(s string) error {
	if s == "" && v.empty {
		*v.p = s
		return nil
	}
	_, port, err := net.SplitHostPort(s)
	if err != nil {
		if _, err := strconv.ParseUint(s, 10, 16); err == nil {
			return fmt.Errorf("%q is a port without an address: write 127.0.0.1:%s, or :%s for all interfaces", s, s, s)
		}
		return fmt.Errorf("%q is not an address: write HOST:PORT, for example 127.0.0.1:8443, [::1]:8443, or :8443 for all interfaces", s)
	}
	if _, err := net.LookupPort("tcp", port); err != nil {
		return fmt.Errorf("%q is not a port: write a number from 0 (any that is free) to 65535", port)
	}
	*v.p = s
	return nil
}

type upstream struct{ p **url.URL }

func (v upstream) Type() string { return "url" }
func (v upstream) String() string {
	if *v.p == nil {
		return ""
	}
	return (*v.p).String()
}

func (v upstream) Set(s string) error {
	if s == "" {
		*v.p = nil
		return nil
	}
	const how = "write http://HOST:PORT, https://HOST:PORT, or tcp://HOST:PORT for another protocol"
	u, err := url.Parse(s)
	switch {
	case err != nil || u.Scheme == "" || u.Host == "":
		return fmt.Errorf("%q is not a URL of an upstream: %s", s, how)
	case u.Scheme != "http" && u.Scheme != "https" && u.Scheme != "tcp":
		return fmt.Errorf("%q has the scheme %s, which is not supported: %s", s, u.Scheme, how)
	case u.Scheme == "tcp" && u.Port() == "":
		return fmt.Errorf("%q has no port: write tcp://%s:PORT", s, u.Hostname())
	case u.Scheme == "tcp" && (strings.Trim(u.Path, "/") != "" || u.RawQuery != ""):
		return fmt.Errorf("%q has a path, which means nothing to a tcp upstream: write tcp://%s", s, u.Host)
	case u.User != nil:
		return errors.New("the URL of an upstream may not hold a user or password: every client would be given that identity")
	}
	*v.p = u
	return nil
}

type duration struct {
	p    *time.Duration
	zero bool // may be 0
}

func (v duration) Type() string   { return "duration" }
func (v duration) String() string { return shortDuration(*v.p) }
func (v duration) Set(s string) error {
	d, err := time.ParseDuration(s)
	switch {
	case err != nil:
		return fmt.Errorf("%q is not a duration: write a number with its unit, for example 500ms, 90s, 30m or 24h", s)
	case d < 0 || d == 0 && !v.zero:
		return fmt.Errorf("%s is too short: write a duration of more than 0", s)
	}
	*v.p = d
	return nil
}

// shortDuration writes 24h for Go's 24h0m0s.
func shortDuration(d time.Duration) string {
	s := d.String()
	if strings.HasSuffix(s, "m0s") {
		s = strings.TrimSuffix(s, "0s")
	}
	if strings.HasSuffix(s, "h0m") {
		s = strings.TrimSuffix(s, "0m")
	}
	return s
}

type count struct{ p *int }

func (v count) Type() string   { return "count" }
func (v count) String() string { return strconv.Itoa(*v.p) }
func (v count) Set(s string) error {
	n, err := strconv.Atoi(strings.ReplaceAll(s, "_", ""))
	if err != nil {
		return fmt.Errorf("%q is not a number: write a whole number, for example 100000", s)
	}
	if n < 1 {
		return fmt.Errorf("%d is too small: write 1 or more", n)
	}
	*v.p = n
	return nil
}

type size struct{ p *int64 }

// units of sizes, larger first; String uses the binary ones.
var units = []struct {
	name  string
	bytes int64
}{
	{"TiB", 1 << 40}, {"GiB", 1 << 30}, {"MiB", 1 << 20}, {"KiB", 1 << 10},
	{"TB", 1e12}, {"GB", 1e9}, {"MB", 1e6}, {"kB", 1e3}, {"KB", 1e3}, {"B", 1},
}

func (v size) Type() string { return "size" }
func (v size) String() string {
	for _, u := range units[:4] {
		if *v.p >= u.bytes && *v.p%u.bytes == 0 {
			return strconv.FormatInt(*v.p/u.bytes, 10) + u.name
		}
	}
	return strconv.FormatInt(*v.p, 10)
}

func (v size) Set(s string) error {
	number, unit := strings.TrimSpace(s), int64(1)
	for _, u := range units {
		if rest, ok := strings.CutSuffix(number, u.name); ok {
			number, unit = strings.TrimSpace(rest), u.bytes
			break
		}
	}
	n, err := strconv.ParseInt(strings.ReplaceAll(number, "_", ""), 10, 64)
	if err != nil || n > math.MaxInt64/unit {
		return fmt.Errorf("%q is not a size: write bytes, or a number with KiB, MiB or GiB, for example 512MiB", s)
	}
	if n < 1 {
		return fmt.Errorf("%s is too small: write a size of more than 0", s)
	}
	*v.p = n * unit
	return nil
}

type level struct{ p *slog.Level }

var levels = []string{"debug", "info", "warn", "error"}

func (v level) Type() string   { return "level" }
func (v level) String() string { return strings.ToLower(v.p.String()) }
func (v level) Set(s string) error {
	if !slices.Contains(levels, s) {
		return fmt.Errorf("%q is not a level: write one of %s", s, strings.Join(levels, ", "))
	}
	return v.p.UnmarshalText([]byte(s))
}

type choice struct {
	p   *string
	all []string
}

func (v choice) Type() string   { return "choice" }
func (v choice) String() string { return *v.p }
func (v choice) Set(s string) error {
	if !slices.Contains(v.all, s) {
		return fmt.Errorf("%q is not known: write one of %s", s, strings.Join(v.all, ", "))
	}
	*v.p = s
	return nil
}

// Grants returns the value of a flag that takes grants, into p: nil until it is
// set, and then a list that may be empty.
func Grants(p *[]abi.Grant) pflag.Value { return grants{p} }

type grants struct{ p *[]abi.Grant }

func (v grants) Type() string { return "grants" }
func (v grants) String() string {
	if *v.p == nil {
		return "default"
	}
	names := make([]string, len(*v.p))
	for i, g := range *v.p {
		names[i] = string(g)
	}
	return strings.Join(names, ",")
}

// Set adds to what was set before, so that the flag may be repeated. "default"
// stands for the default grants, "none" for nothing.
func (v grants) Set(s string) error {
	set := append([]abi.Grant{}, *v.p...)
	for word := range strings.SplitSeq(s, ",") {
		switch word = strings.TrimSpace(word); {
		case word == "default":
			set = append(set, abi.DefaultGrants()...)
		case slices.Contains(abi.Grants(), abi.Grant(word)):
			set = append(set, abi.Grant(word))
		case word != "none" && word != "":
			return unknownGrant(word)
		}
	}
	slices.Sort(set)
	*v.p = slices.Compact(set)
	return nil
}

func unknownGrant(word string) error {
	names := []string{"default", "none"}
	for _, g := range abi.Grants() {
		names = append(names, string(g))
	}
	hint := suggest.Hint(word, "", names)
	if hint == "" {
		hint = ": write one or more of " + strings.Join(names, ", ")
	}
	return fmt.Errorf("%q is not a grant%s", word, hint)
}
