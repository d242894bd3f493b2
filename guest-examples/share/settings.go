package main

import (
	"errors"
	"strconv"

	"github.com/sesshook/sesshook/abi"
	"github.com/sesshook/sesshook/abi/guest/config"
	"github.com/sesshook/sesshook/guest-examples/share/replica"
)

// settings are the [config] table.
type settings struct{ config replica.Config }

func newSettings() *settings { return &settings{replica.Defaults()} }

const (
	millisecond = int64(1e6)
	second      = int64(1e9)

	minBatch = 1 << 10
	maxBatch = 128 << 10
)

// set takes one setting.
func (s *settings) set(key string, v config.Value) (err error) {
	c := &s.config
	switch key {
	case "mode":
		c.Mode, err = mode(v)
	case "topic":
		c.Topic, err = topic(v)
	case "pull_timeout":
		c.PullTimeout, err = duration(v, millisecond, second)
	case "any_timeout":
		c.AnyTimeout, err = duration(v, millisecond, second)
	case "any":
		c.Any, err = v.Bool()
	case "batch":
		c.Batch, err = batch(v)
	case "resync_pause":
		c.ResyncPause, err = duration(v, 100*millisecond, 60*second)
	case "beat":
		c.Beat, err = duration(v, second, 600*second)
	default:
		err = config.Unknown("mode", "topic", "pull_timeout", "any_timeout", "any", "batch", "resync_pause", "beat")
	}
	return err
}

// check refuses what does not go together.
func (s *settings) check() error {
	if c := &s.config; c.Mode&replica.Pull != 0 && c.PullTimeout+c.AnyTimeout > second {
		return errors.New("config: pull_timeout and any_timeout: together they must be 1s at most, and have to fit the sidecar's miss_deadline")
	}
	return nil
}

func mode(v config.Value) (replica.Mode, error) {
	name, err := v.String()
	if err != nil {
		return 0, err
	}
	switch name {
	case "push":
		return replica.Push, nil
	case "pull":
		return replica.Pull, nil
	case "both":
		return replica.Both, nil
	}
	return 0, errors.New(`must be "push", "pull" or "both"`)
}

func topic(v config.Value) (string, error) {
	name, err := v.String()
	if err != nil {
		return "", err
	}
	if !abi.ValidTopic(name) || len(name) > replica.MaxTopic {
		return "", errors.New("must be 1 to " + strconv.Itoa(replica.MaxTopic) + " of A-Z a-z 0-9 _ - and dots")
	}
	return name, nil
}

func duration(v config.Value, least, most int64) (int64, error) {
	d, err := v.Duration()
	if err == nil && (d < least || d > most) {
		err = errors.New("must be from " + text(least) + " to " + text(most))
	}
	return d, err
}

// text writes a duration as a setting has it.
func text(d int64) string {
	if d%second == 0 {
		return strconv.FormatInt(d/second, 10) + "s"
	}
	return strconv.FormatInt(d/millisecond, 10) + "ms"
}

func batch(v config.Value) (int, error) {
	n, err := v.Int()
	if err == nil && (n < minBatch || n > maxBatch) {
		err = errors.New("must be from " + strconv.Itoa(minBatch) + " to " + strconv.Itoa(maxBatch) + " bytes")
	}
	return int(n), err
}
