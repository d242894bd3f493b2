package main

import (
	"errors"

	"github.com/sesshook/sesshook/abi"
	"github.com/sesshook/sesshook/abi/guest/config"
)

// settings are the [config] table.
type settings struct {
	maxResumes uint32 // of a session, on all nodes together; 0 is no limit
	maxIDs     int    // that are remembered
	topic      string
	askTimeout uint32 // ms that this instance waits for another node's answer
}

const (
	mostResumes = 1_000_000
	mostIDs     = 1_000_000
	mostWaiting = 1_000 // ms
)

func readSettings(raw []byte) (settings, error) {
	s := settings{maxIDs: 100_000, topic: "bind", askTimeout: 50}
	err := config.Each(raw, s.set)
	return s, err
}

func (s *settings) set(key string, v config.Value) error {
	switch key {
	case "max_resumes":
		n, err := number(v, 0, mostResumes, "must be from 0 (no limit) to 1000000")
		s.maxResumes = uint32(n)
		return err
	case "max_ids":
		n, err := number(v, 1, mostIDs, "must be from 1 to 1000000")
		s.maxIDs = int(n)
		return err
	case "ask_timeout":
		ns, err := v.Duration()
		if err == nil && (ns < 1e6 || ns > mostWaiting*1e6) {
			err = errors.New(`must be from "1ms" to "1s"`)
		}
		s.askTimeout = uint32(ns / 1e6)
		return err
	case "topic":
		t, err := v.String()
		if err == nil && !abi.ValidTopic(t) {
			err = errors.New("must be 1 to 128 of A-Z a-z 0-9 _ - and dots")
		}
		s.topic = t
		return err
	}
	return config.Unknown("ask_timeout", "max_ids", "max_resumes", "topic")
}

func number(v config.Value, least, most int64, why string) (int64, error) {
	n, err := v.Int()
	if err == nil && (n < least || n > most) {
		err = errors.New(why)
	}
	return n, err
}
