package main

import (
	"errors"

	"github.com/sesshook/sesshook/abi/guest"
	"github.com/sesshook/sesshook/abi/guest/config"
)

// A policy says which sessions may be resumed. The zero policy allows all.
type policy struct {
	maxAge     int64  // ns since the full handshake; 0 is no limit
	minVersion uint16 // of TLS; 0 is any
	names      names
}

// set takes one setting of the [config] table.
func (p *policy) set(key string, v config.Value) (err error) {
	switch key {
	case "max_age":
		p.maxAge, err = v.Duration()
	case "min_version":
		p.minVersion, err = version(v)
	case "server_names":
		p.names, err = readNames(v)
	default:
		err = config.Unknown("max_age", "min_version", "server_names")
	}
	return err
}

func version(v config.Value) (uint16, error) {
	s, err := v.String()
	if err != nil {
		return 0, err
	}
	switch s {
	case "1.2":
		return 0x0303, nil
	case "1.3":
		return 0x0304, nil
	}
	return 0, errors.New(`must be "1.2" or "1.3"`)
}

// A cause is why a session may not be resumed.
type cause uint8

const (
	fine cause = iota
	tooOld
	lowVersion
	otherName
)

// metric returns the name of the counter of refusals by c.
func (c cause) metric() string {
	switch c {
	case tooOld:
		return "refused_too_old"
	case lowVersion:
		return "refused_tls_version"
	case otherName:
		return "refused_server_name"
	}
	return ""
}

func (c cause) text() string {
	switch c {
	case tooOld:
		return "session is older than max_age"
	case lowVersion:
		return "session was made under a TLS version below min_version"
	case otherName:
		return "session was made for a server name that is not in server_names"
	}
	return ""
}

// judge returns why the session that e describes may not be resumed, or fine.
// What is not known of a session (0, or empty) does not pass a limit that is
// set.
func (p *policy) judge(e *guest.Event) cause {
	if p.maxAge > 0 && e.Created() < e.Time()-p.maxAge {
		return tooOld
	}
	if e.Version() < p.minVersion {
		return lowVersion
	}
	if p.names.set && !p.names.has(e.ServerName()) {
		return otherName
	}
	return fine
}
