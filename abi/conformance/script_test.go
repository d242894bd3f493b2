package conformance

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"strings"
	"testing"
)

// compiled is a script of one block, without what NewScript puts into it.
func compiled(build func(b *Block)) ([]byte, map[string]int64) {
	s := &Script{}
	build(s.OnNth(Tick, 3))
	want := make(map[string]int64)
	seals := &sealer{host: testHost, sealed: make(map[Session][]byte)}
	return s.compile(seals, want), want
}

func TestInstructions(t *testing.T) {
	const five = "00 0500000000000000"
	tests := []struct {
		name  string
		build func(b *Block)
		want  string // of the block, behind its size
	}{
		{"nothing", func(*Block) {}, "00"},
		{"call", func(b *Block) { b.Call("session_remove", Imm(5), Load64(8)) }, "01 02 00020000 02" + five + "01 0800000000000000 00"},
		{"store", func(b *Block) { b.Text(0x40000, "ab") }, "02 00000400 02000000 6162 00"},
		{"fill", func(b *Block) { b.Fill(5, 5, 5) }, "03" + five + five + five + "00"},
		{"copy", func(b *Block) { b.Copy(5, 5, Load8(1)) }, "04" + five + five + "04 0100000000000000 00"},
		{"hash", func(b *Block) { b.Hash(5, Imm(5)) }, "05 00020000" + five + five + "00"},
		{"equal", func(b *Block) { b.Equal(5, 5, Imm(5)) }, "06 00020000" + five + five + five + "00"},
		{"add", func(b *Block) { b.Add(Imm(5), Imm(5)) }, "07 00 00020000" + five + five + "00"},
		{"sub", func(b *Block) { b.Sub(Imm(5), Imm(5)) }, "07 01 00020000" + five + five + "00"},
		{"less", func(b *Block) { b.Less(Imm(5), Imm(5)) }, "07 02 00020000" + five + five + "00"},
		{"pair", func(b *Block) { b.Pair(Imm(5), MemoryEnd(5)) }, "07 03 00020000" + five + "05 0500000000000000 00"},
		{"view", func(b *Block) { b.View(0x2000) }, "0d 00020000 00200000 00"},
		{"copy from", func(b *Block) { b.CopyFrom(5, Load32(1), Imm(5)) }, "04" + five + "02 0100000000000000" + five + "00"},
		{"if", func(b *Block) { b.If(Imm(5), b.Trap) }, "08" + five + "15000300 0a 00"},
		{"forever", func(b *Block) { b.Forever() }, "08 00 0000000000000000 06000300 00"},
		{"return", func(b *Block) { b.Return(Load16(2)) }, "09 03 0200000000000000 00"},
		{"trap", func(b *Block) { b.Trap() }, "0a 00"},
		{"report", func(b *Block) { b.Report("ab", Load32(2)) }, "0b 02 6162 02 0200000000000000 00"},
		{"digits", func(b *Block) { b.Digits(5, Imm(5), 5) }, "0c 05000000" + five + five + "00"},
		{
			"repeat", func(b *Block) { b.Repeat(5, func(n Arg) Arg { return n }) },
			"07 00 00020000" + five + "00 0000000000000000" + // left = 5
				"07 01 00020000 01 0002000000000000 00 0100000000000000" + // left--
				"08 01 0002000000000000 52000300" + // to the end if left is 0
				"08 01 0002000000000000 1e000300" + // to the top if the result is
				"00",
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, _ := compiled(tt.build)
			want, err := hex.DecodeString(strings.ReplaceAll(tt.want, " ", ""))
			if err != nil {
				t.Fatal(err)
			}
			head := []byte{byte(Tick), 3, byte(len(want)), 0, 0, 0}
			if !bytes.Equal(got, append(head, want...)) {
				t.Errorf("got  % x\nwant % x", got[6:], want)
			}
		})
	}
}

func TestWhatTheHostSeals(t *testing.T) {
	sealed := testHost.Seal(sessionA)
	code, want := compiled(func(b *Block) {
		b.Sealed(0x40000, sessionA)
		b.Expect("size", Load64(0), SealedLen(sessionA))
		b.Expect("sum", Load64(0), SealedHash(sessionA))
	})
	if !bytes.Contains(code, sealed) {
		t.Error("the envelope is not in the script")
	}
	if want["size"] != int64(len(sealed)) || want["sum"] != checksum(sealed) {
		t.Errorf("expects %v of an envelope of %d bytes, checksum %d", want, len(sealed), checksum(sealed))
	}
}

func TestCaseSealsEachSessionOnce(t *testing.T) {
	for _, r := range Rows() {
		asked := make(map[Session]int)
		h := testHost
		h.Seal = func(s Session) []byte {
			asked[s]++
			return testHost.Seal(s)
		}
		r.Case(h)
		for s, n := range asked {
			if n != 1 {
				t.Errorf("%s: %q is sealed %d times", r.Name, s.ID, n)
			}
		}
	}
}

// TestConfigFitsASidecar: hosts read sidecars of some size only; 64 KiB is the
// least that one may expect.
func TestConfigFitsASidecar(t *testing.T) {
	for _, r := range Rows() {
		c := r.Case(testHost)
		configs := [][]byte{c.Config}
		for _, s := range c.Steps {
			if s.Do == DoReload {
				configs = append(configs, s.Config)
			}
		}
		for _, config := range configs {
			var table map[string]string
			if err := json.Unmarshal(config, &table); err != nil || len(table) != 1 {
				t.Fatalf("%s: %v: %s", r.Name, err, config)
			}
			if len(config) > 48<<10 {
				t.Errorf("%s: configuration of %d bytes", r.Name, len(config))
			}
		}
	}
}
