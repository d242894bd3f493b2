package bus

import (
	"context"
	"time"
)

// A Transport carries bytes between the nodes of a farm, and keeps values for
// them. It is what stands below a Farm: package bus/nats is one, and a Network
// of this package has one for each of its nodes. It need not be trusted: what a
// Farm gives it is sealed, and what comes from it is checked.
//
// A subject is a farm's own name for a topic: tokens of A-Z a-z 0-9 _ - / with
// dots between them. A key of a value is 1 to 128 bytes of A-Z a-z 0-9 _ - = and
// dots.
//
// All methods may be called concurrently.
type Transport interface {
	// Publish sends data to all subscribers of subject on other nodes, and keeps
	// nothing of it. reply is an inbox of NewInbox where an answer is wanted, else
	// empty. It does not wait for anybody. Delivery is at most once, in order per
	// sender and subject as long as nothing is lost. Errors:
	// session.ErrUnavailable while there is no connection, session.ErrTooLarge
	// above MaxPayload.
	Publish(subject, reply string, data []byte) error
	// Subscribe has deliver called with what is published to subject, one call at
	// a time and in order, from now on and over all reconnections, until cancel.
	// deliver must not keep data. reply is the inbox that an answer goes to, or
	// empty. nobody is true, with no data, where a Publish with this inbox as
	// reply has found no subscriber at all: a Transport that can't tell does not.
	Subscribe(subject string, deliver func(d Delivery)) (cancel func(), err error)
	// NewInbox returns a new subject that nobody else has, for Subscribe and for
	// reply. Tokens may be added behind it: INBOX.1 belongs to INBOX.*, which is
	// what one subscribes to.
	NewInbox() string
	// MaxPayload is the largest data of Publish, in bytes.
	MaxPayload() int

	// Get, Put and Delete are a store of values that all nodes share. A ttl of 0
	// is for good. Errors: session.ErrNotFound, session.ErrTooLarge,
	// session.ErrLimit where the store is full, session.ErrUnavailable when ctx
	// ends first. Delete may return nil where there is none.
	Get(ctx context.Context, key string) ([]byte, error)
	Put(ctx context.Context, key string, value []byte, ttl time.Duration) error
	Delete(ctx context.Context, key string) error

	// Link tells how the connection is.
	Link() Link
	// Close ends everything. No deliver is called after it has returned.
	Close() error
}

// A Delivery is what one deliver of Transport.Subscribe is told.
type Delivery struct {
	Subject string
	Reply   string
	Data    []byte
	Nobody  bool
}

// A Link is the state of a Transport's connection.
type Link struct {
	Up     bool
	Since  time.Time // of Up or of not Up
	Server string    // what it is connected to, for people
	Err    string    // why it is not up, for people; what to do about it
	Downs  uint64    // how often it went down
}
