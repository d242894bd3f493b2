package nats

import (
	"testing"

	"github.com/sesshook/sesshook/host/internal/bus"
	"github.com/sesshook/sesshook/host/internal/bus/bustest"
)

func TestSuite(t *testing.T) {
	t.Parallel() // most of it is waiting
	bustest.Run(t, func(t *testing.T, n int) (all []bus.Transport) {
		s := serve(t)
		for range n {
			all = append(all, open(t, s.Addr()))
		}
		return all
	})
}
