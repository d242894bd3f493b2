package broker

import (
	"crypto/sha256"
	"crypto/subtle"

	"github.com/nats-io/nats-server/v2/server"
)

// door lets in who knows a secret of the farm: the one that this server began
// with, or one of those that hold now. It takes the same time whatever they say.
type door struct {
	secret [sha256.Size]byte
	others func() []string // may be nil
}

func newDoor(secret string, others func() []string) *door {
	return &door{sha256.Sum256([]byte(secret)), others}
}

// Check implements server.Authentication.
func (d *door) Check(c server.ClientAuthentication) bool {
	o := c.GetOpts()
	said := sha256.Sum256([]byte(o.Password))
	ok := subtle.ConstantTimeCompare(said[:], d.secret[:])
	if d.others != nil {
		for _, other := range d.others() {
			sum := sha256.Sum256([]byte(other))
			ok |= subtle.ConstantTimeCompare(said[:], sum[:])
		}
	}
	return ok == 1 && o.Username == user
}
