package session

import (
	"errors"
	"fmt"
	"testing"

	"github.com/sesshook/sesshook/abi"
)

func TestCodes(t *testing.T) {
	for err, want := range map[error]abi.Code{
		nil:                                abi.OK,
		ErrNotFound:                        abi.NotFound,
		ErrExists:                          abi.Exists,
		ErrRemoved:                         abi.Removed,
		ErrTooLarge:                        abi.TooLarge,
		ErrInvalid:                         abi.Invalid,
		errors.New("something else"):       abi.Invalid,
		fmt.Errorf("cache: %w", ErrExists): abi.Exists,
	} {
		if got := Code(err); got != want {
			t.Errorf("code of %v is %v, want %v", err, got, want)
		}
	}
}

func TestNames(t *testing.T) {
	if s := (Node{}).String(); s != "" {
		t.Errorf("the unknown node is %q", s)
	}
	if s := (Node{0xab, 0, 1}).String(); s != "ab0001000000" {
		t.Errorf("a node is %q", s)
	}
	if s := ID("\x00\xff").Hex(); s != "00ff" {
		t.Errorf("an id is %q", s)
	}
}
