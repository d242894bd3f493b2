package workbench

import (
	"encoding/base64"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/sesshook/sesshook/abi"
	"github.com/sesshook/sesshook/host/internal/session"
)

// beside copies a module into a directory with a sidecar.
func beside(t *testing.T, module, sidecar string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), filepath.Base(module))
	write(t, path, read(t, module))
	write(t, strings.TrimSuffix(path, ".wasm")+".toml", []byte(sidecar))
	return path
}

func TestTicksComeAsTheClockMoves(t *testing.T) {
	module := beside(t, own("tour"), "tick = \"10s\"\n")
	p := play(t, module, `{"event":"wait","at":"+9s"}
{"event":"wait","at":"+2s"}
{"event":"wait","at":"+1h"}
{"event":"insert","id":"a","expires":"+15s"}
{"event":"wait","at":"+25s"}`)
	var got []string
	for _, s := range p.steps {
		if s.Event == "tick" || s.Event == "expiry" {
			got = append(got, fmt.Sprintf("%s %v", s.Event, time.Duration(int64(s.At)-start)))
		}
	}
	// Once however many fall due, each at its time, and in order with what expires.
	want := []string{"tick 10s", "tick 1h0m10s", "expiry 1h0m26.001s", "tick 1h0m30s"}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestAnExportedTickThatNeverComesIsNoted(t *testing.T) {
	p := play(t, own("tour"), `{"event":"tick"}`)
	if notes := strings.Join(p.steps[0].Notes, "\n"); !strings.Contains(notes, "the sidecar has no tick") {
		t.Errorf("%q", notes)
	}
}

func TestSessionsExpireAtTheirTime(t *testing.T) {
	p := play(t, own("tour"), `{"event":"insert","id":"b","expires":"+2s"}
{"event":"insert","id":"a","expires":"+1s"}
{"event":"insert","id":"c","expires":"+1s","at":"+0s"}
{"event":"insert","id":"a","expires":"+5s","overwrite":true}
{"event":"remove","id":"c"}
{"event":"wait","at":"+10s"}
{"event":"get","id":"b"}`)
	var got []string
	for _, s := range p.steps {
		if s.Event == "expiry" {
			got = append(got, s.ID+" "+strings.Join(exports(s), " ")+" "+s.Calls[0].Record.Reason)
		}
	}
	if want := []string{"b on_session_remove EXPIRED", "a on_session_remove EXPIRED"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	if last := p.steps[len(p.steps)-2]; last.Outcome != "NOT_FOUND" {
		t.Errorf("%+v", last)
	}
}

func TestHowASessionLeavesDecidesWhetherItMayComeBack(t *testing.T) {
	for reason, want := range map[string]string{"explicit": "REMOVED", "consumed": "REMOVED", "expired": "stored", "evicted": "stored"} {
		p := play(t, own("tour"), `{"event":"insert","id":"a"}
{"event":"remove","id":"a","reason":"`+reason+`"}
{"event":"insert","id":"a"}`)
		if got := p.outcomes()[2]; got != "insert: "+want {
			t.Errorf("%s: %s, want %s", reason, got, want)
		}
		removal := p.step(t, "remove")
		if len(removal.Calls) != 1 || removal.Calls[0].Record.Reason != strings.ToUpper(reason) {
			t.Errorf("%s: %+v", reason, removal)
		}
		if at := int64(removal.At) - start; at != 2e6 {
			t.Errorf("%s: at %d", reason, at)
		}
	}
}

func TestValuesExpireByTheClock(t *testing.T) {
	p := play(t, own("tour"), `{"event":"insert","id":"a"}
{"event":"wait","at":"+59s"}
{"event":"tick"}
{"event":"wait","at":"+59s"}
{"event":"tick"}`)
	var got []string
	for _, s := range p.steps {
		if s.Event == "tick" {
			last := s.Calls[0].Did[len(s.Calls[0].Did)-1]
			got = append(got, fmt.Sprint(*last.Result))
		}
	}
	if want := []string{"1", "-1"}; !slices.Equal(got, want) {
		t.Errorf("kv_get gives %q, want %q", got, want)
	}
}

// recorded writes the line of an event with a session that is sealed under keys.
func recorded(keys *session.Keyring, event string, id session.ID, data string) string {
	meta := session.Meta{Created: start, Expires: start + int64(time.Hour), Version: 0x0304, ServerName: "sealed.example"}
	sealed := base64.StdEncoding.EncodeToString(keys.Seal(id, meta, []byte(data)))
	return fmt.Sprintf(`{"event":%q,"id":%q,"session":%q}`, event, id, sealed)
}

func TestRecordedSessionsNeedTheirKeyWhereTheyAreOpened(t *testing.T) {
	key := session.NewKey()
	keys, err := session.NewKeyring([]session.Key{key})
	if err != nil {
		t.Fatal(err)
	}
	sealed := keys.Seal("b", session.Meta{Created: start, Expires: start + int64(time.Hour)}, []byte("data"))
	events := recorded(keys, "insert", "a", "data") + "\n" + recorded(keys, "get", "c", "data") + `
{"event":"miss","id":"b","reply":"base64:` + base64.StdEncoding.EncodeToString(sealed) + `"}`
	without := play(t, own("tour"), events)
	if miss := without.step(t, "miss"); miss.Outcome != "still missing" || !strings.Contains(strings.Join(miss.Notes, " "), "--farm-key-file") {
		t.Errorf("%+v", miss)
	}
	if get := without.step(t, "get"); get.Outcome != "found" || get.Calls[0].Did[0].Code != "" {
		t.Errorf("what is only copied needs no key: %+v", get)
	}
	file := filepath.Join(t.TempDir(), "farm.keys")
	write(t, file, []byte(key.Encode()+"\n"))
	with := play(t, own("tour"), events, func(cfg *RunConfig) { cfg.FarmKeyFile = file })
	if miss := with.step(t, "miss"); miss.Outcome != "inserted by the plugin" || len(miss.Notes) > 0 {
		t.Errorf("%+v", miss)
	}
	if name := with.step(t, "insert").Calls[0].Record.ServerName; name != "sealed.example" {
		t.Errorf("the metadata that was sealed is not used: server name %q", name)
	}
}

func TestTheNodeIsThatOfTheRecording(t *testing.T) {
	p := play(t, own("tour"), `{"event":"host","node":"0102030405ff","at":"2020-05-05T05:05:05Z"}
{"event":"insert","id":"a"}`)
	if node := p.step(t, "insert").Calls[0].Record.Node; node != "0102030405ff" {
		t.Errorf("node is %s", node)
	}
	if at := p.steps[0].At.String(); at != "2020-05-05T05:05:05Z" {
		t.Errorf("the run begins at %s", at)
	}
}

func TestARecordingMayBeOutOfOrderByALittle(t *testing.T) {
	p := play(t, own("tour"), `{"event":"host","node":"0102030405ff","at":"2020-05-05T05:05:05Z"}
{"event":"insert","id":"a","at":"2020-05-05T05:05:06Z"}
{"event":"get","id":"a","at":"2020-05-05T05:05:05.9Z"}
{"event":"remove","id":"a","at":"2020-05-05T05:05:06.1Z"}`)
	get := p.step(t, "get")
	if at := get.At.String(); at != "2020-05-05T05:05:06Z" || !slices.Equal(get.Notes, []string{"recorded 100ms too late, behind what came after it: the clock stands still"}) {
		t.Errorf("at %s, %q", at, get.Notes)
	}
	if remove := p.step(t, "remove"); remove.At.String() != "2020-05-05T05:05:06.1Z" || len(remove.Notes) > 0 {
		t.Errorf("%+v", remove)
	}
}

func TestASessionThatBeginsAtTheEndOfTimeHasALife(t *testing.T) {
	p := play(t, own("tour"), `{"event":"insert","id":"a","created":"+2562047h"}`)
	if insert := p.step(t, "insert"); insert.Outcome != "stored" {
		t.Errorf("%+v", insert)
	}
}

func TestAReloadThatIsRefusedLeavesWhatRan(t *testing.T) {
	p := play(t, filepath.Join(examples, "pin.wasm"), `{"event":"reload","config":{"max_age":"never"}}
{"event":"insert","id":"a"}
{"event":"resume","id":"a"}`)
	reload := p.step(t, "reload")
	if !strings.HasPrefix(reload.Outcome, "refused") || !strings.Contains(reload.Error, "plugin_start returned") || p.end.OK() || p.end.Refused != 1 {
		t.Errorf("%+v; %+v", reload, p.end)
	}
	if resume := p.step(t, "resume"); resume.Outcome != "allowed" || len(resume.Calls) != 1 {
		t.Errorf("%+v", resume)
	}
}

func TestAnEventThatNobodyHearsSaysSo(t *testing.T) {
	p := play(t, filepath.Join(examples, "hello.wasm"), `{"event":"insert","id":"a"}
{"event":"resume","id":"a"}
{"event":"miss","id":"b"}
{"event":"events_lost"}
{"event":"message","topic":"t"}
{"event":"lost","topic":"t"}`)
	want := []string{
		"insert: stored",
		"resume: the module does not export on_session_resume", "miss: the module does not export on_session_miss", "events_lost: the module does not export on_events_lost",
		"message: the module does not export on_message", "lost: the module does not export on_messages_lost",
	}
	if got := p.outcomes(); !slices.Equal(got, want) {
		t.Errorf("got %q", got)
	}
}

func TestGrantsAreThoseThatAreGiven(t *testing.T) {
	p := play(t, own("tour"), `{"event":"insert","id":"a"}
{"event":"get","id":"a"}
{"event":"miss","id":"b","reply":"a session in clear"}`, func(cfg *RunConfig) { cfg.Grants = abi.Grants() })
	if miss := p.step(t, "miss"); miss.Outcome != "inserted by the plugin" {
		t.Errorf("%+v", miss)
	}
	none := play(t, own("tour"), "", func(cfg *RunConfig) { cfg.Grants = []abi.Grant{} })
	if none.end.Failed == "" || !strings.Contains(none.steps[0].Error, "sessions:read") {
		t.Errorf("%+v", none.steps[0])
	}
}

func TestAPluginThatCantStartAgainEndsTheRun(t *testing.T) {
	p := play(t, own("named"), `{"event":"insert","id":"a"}
{"event":"insert","id":"b"}
{"event":"insert","id":"c"}`)
	if p.end.Events != 2 || p.end.Failed == "" || p.end.OK() {
		t.Errorf("%+v", p.end)
	}
}

func TestManyEventsArePlayed(t *testing.T) {
	var events strings.Builder
	for n := range 3000 {
		fmt.Fprintf(&events, "{\"event\":\"insert\",\"id\":\"%04d\",\"expires\":\"+1s\"}\n", n)
	}
	p := play(t, own("tour"), events.String())
	if p.end.Events != 3000 || !p.end.OK() || p.end.Published["tour"] != 3000 || len(p.end.Sessions) != 1000 {
		t.Errorf("%d events, %d published, %d sessions", p.end.Events, p.end.Published["tour"], len(p.end.Sessions))
	}
}
