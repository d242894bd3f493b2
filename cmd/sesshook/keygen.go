package main

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"fmt"
)

// farmKeySize is the size of a farm key in bytes.
const farmKeySize = 32

func keygenHelp() string {
	return `Prints a new random farm key, 32 bytes in base64 on a line, to be kept in a file that only the
nodes of the farm can read:

  (umask 077; sesshook keygen > farm.keys)

The first key of the file seals sessions, all of them open them. To rotate: append a new key and
distribute the file; when every node has it, move the new key to the top and distribute again; when
the sessions under the old key have expired (serve --ttl), remove it. Nodes read the file again
when it changes.
`
}

func keygen(_ context.Context, args []string, std stdio) error {
	if err := noArgs("keygen", args); err != nil {
		return err
	}
	var key [farmKeySize]byte
	rand.Read(key[:]) // never fails: crypto/rand ends the program instead
	_, err := fmt.Fprintln(std.out, base64.StdEncoding.EncodeToString(key[:]))
	return err
}
