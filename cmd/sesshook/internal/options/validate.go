package options

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// maxTTL is how long a session may be resumed at most (RFC 8446 section 4.6.1).
// crypto/tls accepts none that is older.
const maxTTL = 7 * 24 * time.Hour

// validate rejects what cannot go together, by name.
func (o *Options) validate() error {
	switch {
	case o.Cert != "" && o.Key == "":
		return errors.New("--cert is given without --key: name the file of its private key, or neither for a self-signed certificate")
	case o.Cert == "" && o.Key != "":
		return errors.New("--key is given without --cert: name the file of its certificate chain, or neither for a self-signed certificate")
	case o.TTL > maxTTL:
		return fmt.Errorf("--ttl: %s is too long: no client may resume a session after 168h (RFC 8446 section 4.6.1)", shortDuration(o.TTL))
	case o.Admin == o.Listen && !strings.HasSuffix(o.Listen, ":0"):
		return fmt.Errorf("--listen and --admin are both %s: give them different ports", o.Listen)
	case o.Modules == "":
		return errors.New("--modules is empty: name a directory; one without modules is fine")
	}
	return o.validateFarm()
}

// CompileCacheDir returns the directory of compiled modules, "" for none. For
// the default it makes sesshook in the user's cache directory, readable to
// nobody else; the error is why it could not, and then to go without is right.
func (o *Options) CompileCacheDir() (string, error) {
	if o.CompileCache != compileCacheDefault {
		return o.CompileCache, nil
	}
	base, err := os.UserCacheDir()
	if err != nil {
		return "", err
	}
	dir := filepath.Join(base, "sesshook")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", err
	}
	return dir, nil
}
