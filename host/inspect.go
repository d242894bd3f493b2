package host

import (
	"context"

	"github.com/sesshook/sesshook/abi"
	"github.com/sesshook/sesshook/host/internal/plugin"
	"github.com/sesshook/sesshook/host/internal/plugin/lint"
	"github.com/sesshook/sesshook/host/internal/plugin/provenance"
)

// A Report says what a module exports, imports and needs, and every problem
// that would keep it from loading.
type Report = lint.Report

// Inspect checks a module as loading would, without running any of it. name is
// for messages, grants are what an operator would give it; nil is
// abi.DefaultGrants. Nobody keeps module. It may be called concurrently.
func Inspect(ctx context.Context, name string, module []byte, grants []abi.Grant) *Report {
	if grants == nil {
		grants = abi.DefaultGrants()
	}
	return plugin.Inspect(ctx, name, module, grants)
}

// VerifySignature checks a minisign signature of module against the public keys
// of a file, as a host with Config.TrustedKeysFile does, and returns the id of
// the key that made it. signature is the content of NAME.wasm.minisig; empty is
// none, and an error. Nobody keeps module or signature.
func VerifySignature(module, signature []byte, trustedKeysFile string) (keyID string, err error) {
	keys, err := provenance.ReadTrustedKeys(trustedKeysFile)
	if err != nil {
		return "", err
	}
	signer, err := keys.Verify(module, signature)
	return signer.KeyID, err
}

// Engine returns how plugins run on this machine: "compiler", or "interpreter",
// which is some fifty times slower.
func Engine() string { return plugin.Engine() }
