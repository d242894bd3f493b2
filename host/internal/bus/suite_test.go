package bus_test

import (
	"fmt"
	"testing"

	"github.com/sesshook/sesshook/host/internal/bus"
	"github.com/sesshook/sesshook/host/internal/bus/bustest"
)

func TestNetworkPassesTheSuite(t *testing.T) {
	bustest.Run(t, func(t *testing.T, n int) (all []bus.Transport) {
		network := bus.NewNetwork(bus.NetworkConfig{})
		for i := range n {
			all = append(all, network.Join(fmt.Sprint(i)))
		}
		return all
	})
}
