package nats

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/sesshook/sesshook/host/internal/session"
)

// cluster is servers that are routed to each other, each with JetStream.
type cluster struct {
	t       testing.TB
	servers []*server.Server
	options []func(*server.Options)
}

func newCluster(t testing.TB, n int) *cluster {
	t.Helper()
	c := &cluster{t: t, servers: make([]*server.Server, n)}
	var routes []*url.URL
	var ports []int
	for range n {
		a := nobody(t)
		routes = append(routes, &url.URL{Scheme: "nats", Host: a.String()})
		ports = append(ports, a.(*net.TCPAddr).Port)
	}
	for i := range n {
		c.options = append(c.options, func(o *server.Options) {
			o.ServerName, o.Routes = fmt.Sprint("s", i), routes
			o.Cluster = server.ClusterOpts{Name: "farm", Host: "127.0.0.1", Port: ports[i], NoAdvertise: true}
		})
	}
	return c
}

// start starts them at once: they wait for each other.
func (c *cluster) start(nodes ...int) {
	c.t.Helper()
	for _, i := range nodes {
		c.servers[i] = begin(c.t, c.options[i])
	}
	for _, i := range nodes {
		ready(c.t, c.servers[i])
	}
}

// replicated is how many servers hold the bucket now.
func replicated(t testing.TB, tr *Transport) int {
	t.Helper()
	js, err := jetstream.New(tr.conn.Load().Conn)
	if err != nil {
		t.Fatal(err)
	}
	s, err := js.Stream(timely(t), "KV_test")
	if err != nil {
		return 0
	}
	n := 1
	for _, r := range s.CachedInfo().Cluster.Replicas {
		if r.Current {
			n++
		}
	}
	return n
}

// eventually puts a value, as soon as the cluster has elected who takes it.
func eventually(t testing.TB, tr *Transport, key, value string) {
	t.Helper()
	await(t, "a cluster that takes values", func() bool {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		err := tr.Put(ctx, key, []byte(value), 0)
		if err != nil && !errors.Is(err, session.ErrUnavailable) {
			t.Fatal(err)
		}
		return err == nil
	})
}

func TestValuesInAClusterOutliveAServer(t *testing.T) {
	t.Parallel() // it waits for elections
	c := newCluster(t, 3)
	c.start(0, 1, 2)
	a, b := connected(t, c.servers[0].Addr()), connected(t, c.servers[1].Addr())
	eventually(t, a, "k", "1")
	wantValue(t, b, "k", "1")
	if n := a.bucket.handle.stream.CachedInfo().Config.Replicas; n != 3 {
		t.Fatalf("%d replicas", n)
	}
	await(t, "replicas", func() bool { return replicated(t, b) == 3 })
	kill(c.servers[0])
	down(t, a)
	await(t, "the value on another server", func() bool {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		v, err := b.Get(ctx, "k")
		if err != nil && !errors.Is(err, session.ErrUnavailable) {
			t.Fatal(err)
		}
		return string(v) == "1"
	})
	eventually(t, b, "k", "2")
	wantValue(t, b, "k", "2")
	if err := b.Delete(timely(t), "k"); err != nil {
		t.Error(err)
	}
	wantNone(t, b, "k")
}

func TestABucketGrowsWithItsCluster(t *testing.T) {
	t.Parallel() // it waits for elections
	c := newCluster(t, 3)
	for i := range 2 { // as if there was no third: JetStream begins when all are there that it knows of
		with := c.options[i]
		c.options[i] = func(o *server.Options) {
			with(o)
			o.Routes = o.Routes[:2]
		}
	}
	c.start(0, 1)
	a := connected(t, c.servers[0].Addr())
	eventually(t, a, "k", "1")
	if n := a.bucket.handle.stream.CachedInfo().Config.Replicas; n != 1 {
		t.Fatalf("%d replicas on two servers", n)
	}
	c.start(2)
	// Whoever connects next finds out; the new server may take a moment to be known.
	await(t, "three replicas", func() bool {
		b := connected(t, c.servers[2].Addr())
		defer b.Close()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		_, _ = b.Get(ctx, "k")
		return replicated(t, b) == 3
	})
	wantValue(t, a, "k", "1")
}
