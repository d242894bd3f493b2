package session

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"
)

func TestKeyDoesNotPrintItself(t *testing.T) {
	key := NewKey()
	secrets := []string{
		key.Encode(),
		hex.EncodeToString(key[:4]),
		fmt.Sprint(key[:3])[1:],
		strings.Trim(fmt.Sprintf("%#x", key[:3]), "0x"),
	}
	var logged bytes.Buffer
	slog.New(slog.NewJSONHandler(&logged, nil)).Info("x", "key", key, "keys", []Key{key}, "in", struct{ K Key }{key})
	slog.New(slog.NewTextHandler(&logged, nil)).Info("x", "key", key, "keys", []Key{key}, "in", struct{ K Key }{key})
	asJSON, err := json.Marshal(map[string]any{"k": key, "ks": []Key{key}})
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]string{"slog": logged.String(), "json": string(asJSON)}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%x", "%q", "%d"} {
		out[verb] = fmt.Sprintf(verb, key) + fmt.Sprintf(verb, []Key{key}) + fmt.Sprintf(verb, struct{ K Key }{key}) + fmt.Sprintf(verb, &key)
	}
	for how, text := range out {
		if !strings.Contains(text, "farm-key(") {
			t.Errorf("%s: no key id in %q", how, text)
		}
		for _, secret := range secrets {
			if strings.Contains(strings.ToLower(text), strings.ToLower(secret)) {
				t.Errorf("%s gives the key away: %q", how, text)
			}
		}
	}
}

func TestDerivedKeysDiffer(t *testing.T) {
	seen := map[string]string{}
	for n, key := range map[string]Key{"first": NewKey(), "second": NewKey()} {
		seen[string(key[:])] = n
		for _, info := range []string{infoSeal, infoMessage, infoIDPermute, infoIDMAC, infoKeyID, infoPurpose, infoPurpose + "a"} {
			d, err := key.derive(info, KeySize)
			if err != nil {
				t.Fatal(err)
			}
			if other, ok := seen[string(d)]; ok {
				t.Errorf("%s of %s key is that of %s", info, n, other)
			}
			seen[string(d)] = info + n
		}
	}
}

func TestDerive(t *testing.T) {
	key, other := Key{1}, Key{2}
	if again := key.Derive("routes"); key.Derive("routes") != again {
		t.Error("the same purpose gives two keys")
	}
	if key.Derive("routes") == key.Derive("route") || key.Derive("routes") == other.Derive("routes") || key.Derive("") == [32]byte(key) {
		t.Error("two purposes or two keys give the same")
	}
	for _, info := range []string{infoSeal, infoMessage, infoIDPermute, infoIDMAC, infoKeyID} {
		if strings.HasPrefix(info, infoPurpose) {
			t.Errorf("%q can be had through Derive", info)
		}
	}
}
