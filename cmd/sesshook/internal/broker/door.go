package broker

import (
	"crypto/sha256"
	"crypto/subtle"

	"github.com/nats-io/nats-server/v2/server"
)

// door lets in who knows the secret. It takes the same time whatever they say.
type door struct{ secret [sha256.Size]byte }

func newDoor(secret string) *door { return &door{sha256.Sum256([]byte(secret))} }

// Check implements server.Authentication.
func (d *door) Check(c server.ClientAuthentication) bool {
	o := c.GetOpts()
	said := sha256.Sum256([]byte(o.Password))
	return subtle.ConstantTimeCompare(said[:], d.secret[:]) == 1 && o.Username == user
}
