package scaffold

import (
	"bytes"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"text/template"
)

//go:embed templates
var templates embed.FS

// ErrExists is returned where there is something under the name already.
var ErrExists = errors.New("is there already")

// A Plugin is one that was made.
type Plugin struct {
	Name     string
	Folder   string // as it was given
	Language Language
}

// New makes the folder, whose last element is the plugin's name: see CheckName.
// Its parent has to be there. What it has made of it when something fails is gone
// when it returns; ErrExists means that it has made nothing.
func New(folder string, l Language) (p *Plugin, err error) {
	p = &Plugin{Name: filepath.Base(folder), Folder: folder, Language: l}
	if err := CheckName(p.Name); err != nil {
		return nil, err
	}
	err = os.Mkdir(folder, 0o777)
	if errors.Is(err, fs.ErrExist) {
		return nil, fmt.Errorf("%s %w", folder, ErrExists)
	}
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.RemoveAll(folder))
		}
	}()
	for _, f := range append(all, l.files...) {
		if err := p.write(f); err != nil {
			return nil, err
		}
	}
	for _, s := range l.sdk {
		if err := p.copy(s); err != nil {
			return nil, err
		}
	}
	return p, nil
}

// write makes one file of its template.
func (p *Plugin) write(f file) error {
	text, err := templates.ReadFile("templates/" + f.template)
	if err != nil {
		return err
	}
	content, err := p.expand(string(text))
	if err != nil {
		return err
	}
	to, err := p.expand(f.to)
	if err != nil {
		return err
	}
	return create(filepath.Join(p.Folder, to), []byte(content))
}

// expand fills in a template: fields and methods of Plugin between {% and %}.
func (p *Plugin) expand(text string) (string, error) {
	t, err := template.New("").Delims("{%", "%}").Option("missingkey=error").Parse(text)
	if err != nil {
		return "", err
	}
	var b bytes.Buffer
	if err := t.Execute(&b, p); err != nil {
		return "", err
	}
	return b.String(), nil
}

// copy copies the files of a source that it keeps.
func (p *Plugin) copy(s source) error {
	return fs.WalkDir(s.from, ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !s.keep(path) {
			return err
		}
		content, err := fs.ReadFile(s.from, path)
		if err != nil {
			return err
		}
		return create(filepath.Join(p.Folder, filepath.FromSlash(s.to), filepath.FromSlash(path)), content)
	})
}

// create writes a file that is not there yet, and the folders above it.
func create(path string, content []byte) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		return err
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
	if err != nil {
		return err
	}
	_, err = f.Write(content)
	return errors.Join(err, f.Close())
}

func isTest(path string) bool { return strings.HasSuffix(path, "_test.go") }
