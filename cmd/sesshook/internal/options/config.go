package options

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"

	"github.com/pelletier/go-toml/v2"
	"github.com/pelletier/go-toml/v2/unstable"
	"github.com/spf13/pflag"

	"github.com/sesshook/sesshook/cmd/sesshook/internal/suggest"
)

// maxConfig is the largest configuration file that is read, in bytes. It holds
// a score of lines; what is larger is another file.
const maxConfig = 1 << 20

// readConfig sets what the file at path says and the command line did not.
func readConfig(path string, fs *pflag.FlagSet) error {
	info, err := os.Stat(path)
	if err != nil {
		return fmt.Errorf("--config: %w", err)
	}
	if info.IsDir() || info.Size() > maxConfig {
		return fmt.Errorf("--config: %s is not a configuration file: it is a directory, or larger than 1 MiB", path)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return fmt.Errorf("--config: %w", err)
	}
	return applyConfig(path, data, fs)
}

// applyConfig sets the flags of fs that are not set yet. Its errors begin with
// path:line:column.
func applyConfig(path string, data []byte, fs *pflag.FlagSet) error {
	var values map[string]any
	if err := toml.Unmarshal(data, &values); err != nil {
		return explainTOML(path, err)
	}
	// Once more for the positions, which a map does not have.
	var p unstable.Parser
	p.Reset(data)
	for p.NextExpression() {
		if err := applyExpression(&p, values, fs); err != nil {
			pos := p.Shape(firstKey(p.Expression()).Raw).Start
			return fmt.Errorf("%s:%d:%d: %w", path, pos.Line, pos.Column, err)
		}
	}
	return p.Error()
}

func firstKey(e *unstable.Node) *unstable.Node {
	keys := e.Key()
	keys.Next()
	return keys.Node()
}

func applyExpression(p *unstable.Parser, values map[string]any, fs *pflag.FlagSet) error {
	e := p.Expression()
	key := string(firstKey(e).Data)
	f := fs.Lookup(key)
	switch {
	case key == "config":
		return errors.New("config: a configuration file can't name another")
	case f == nil:
		return fmt.Errorf("unknown key %s%s", key, suggest.Hint(strings.ReplaceAll(key, "_", "-"), "", names(fs)))
	case e.Kind != unstable.KeyValue:
		return fmt.Errorf("%s is a setting, not a table: write %s = VALUE", key, key)
	case f.Changed:
		return nil
	}
	s, err := settingText(values[key], f.Value.Type())
	if err == nil {
		err = f.Value.Set(s)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", key, err)
	}
	return nil
}

// settingText returns a TOML value as one would write it for the flag.
func settingText(v any, flagType string) (string, error) {
	switch v := v.(type) {
	case string:
		return v, nil
	case int64:
		if flagType == "duration" {
			return "", fmt.Errorf("%d is a number without a unit: write for example \"90s\" or \"24h\"", v)
		}
		return strconv.FormatInt(v, 10), nil
	case bool:
		if flagType == "bool" {
			return strconv.FormatBool(v), nil
		}
	case []any:
		if flagType == "grants" || flagType == "list" {
			return joinStrings(v)
		}
	}
	return "", errors.New("wrong type of value: write a string in quotes, or a whole number or true where the setting is one")
}

func joinStrings(list []any) (string, error) {
	words := make([]string, len(list))
	for i, v := range list {
		s, ok := v.(string)
		if !ok {
			return "", fmt.Errorf("element %d of the list is not a string: write it in quotes", i+1)
		}
		words[i] = s
	}
	return strings.Join(words, ","), nil
}

func explainTOML(path string, err error) error {
	var decode *toml.DecodeError
	if errors.As(err, &decode) {
		line, column := decode.Position()
		return fmt.Errorf("%s:%d:%d: %s", path, line, column, strings.TrimPrefix(decode.Error(), "toml: "))
	}
	return fmt.Errorf("%s: %s", path, strings.TrimPrefix(err.Error(), "toml: "))
}
