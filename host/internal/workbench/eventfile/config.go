package eventfile

import (
	"bytes"
	"encoding/json"
	"fmt"
)

// readConfig reads the table that a reload hands to the plugin.
func readConfig(e *Event, raw json.RawMessage) error {
	if raw[0] != '{' {
		return fmt.Errorf("%s is not a table: write {\"key\": \"value\"}", clip(string(raw)))
	}
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.UseNumber()
	if err := dec.Decode(&e.Config); err != nil {
		return err
	}
	return sayable(e.Config)
}

// sayable refuses null, which a sidecar can't say.
func sayable(v any) error {
	switch v := v.(type) {
	case nil:
		return fmt.Errorf("null is nothing that a sidecar's [config] can hold")
	case map[string]any:
		for _, inner := range v {
			if err := sayable(inner); err != nil {
				return err
			}
		}
	case []any:
		for _, inner := range v {
			if err := sayable(inner); err != nil {
				return err
			}
		}
	}
	return nil
}
