// Package declared reads the constants of package abi from its source, so that a
// test of what has them in another language finds one that is new, too.
package declared

import (
	"fmt"
	"go/ast"
	"go/constant"
	"go/parser"
	"go/token"
	"go/types"
	"path/filepath"
	"strings"
	"unicode"
)

// Constants returns the exported constants of package abi, whose folder is seen from
// the test's, by the name of their type ("" where they have none of their own) and
// their own.
func Constants(folder string) (map[string]map[string]constant.Value, error) {
	pkg, err := check(folder)
	if err != nil {
		return nil, err
	}
	all := make(map[string]map[string]constant.Value)
	for _, name := range pkg.Scope().Names() {
		c, ok := pkg.Scope().Lookup(name).(*types.Const)
		if !ok || !c.Exported() {
			continue
		}
		typ := typeName(c.Type())
		if all[typ] == nil {
			all[typ] = make(map[string]constant.Value)
		}
		all[typ][name] = c.Val()
	}
	return all, nil
}

// check finds the types of what package abi declares.
func check(folder string) (*types.Package, error) {
	paths, err := filepath.Glob(filepath.Join(folder, "*.go"))
	if err != nil {
		return nil, err
	}
	fset := token.NewFileSet()
	var files []*ast.File
	for _, path := range paths {
		if strings.HasSuffix(path, "_test.go") {
			continue
		}
		f, err := parser.ParseFile(fset, path, nil, 0)
		if err != nil {
			return nil, err
		}
		files = append(files, f)
	}
	if len(files) == 0 {
		return nil, fmt.Errorf("there is no Go in %s", folder)
	}
	// Without an importer the functions do not check, which is of no matter.
	conf := types.Config{Error: func(error) {}}
	pkg, _ := conf.Check("abi", fset, files, nil)
	return pkg, nil
}

// typeName is the name of a type that a constant was given.
func typeName(t types.Type) string {
	switch t := t.(type) {
	case *types.Named:
		return t.Obj().Name()
	case *types.Basic:
		if t.Info()&types.IsUntyped == 0 {
			return t.Name()
		}
	}
	return ""
}

// Integers returns those constants of one type that are whole numbers.
func Integers(constants map[string]constant.Value) map[string]int64 {
	all := make(map[string]int64)
	for name, value := range constants {
		if value.Kind() != constant.Int {
			continue
		}
		if n, exact := constant.Int64Val(value); exact {
			all[name] = n
		}
	}
	return all
}

// Snake turns ClientCert into CLIENT_CERT, and NodeIDSize into NODE_ID_SIZE.
func Snake(name string) string {
	var b strings.Builder
	for i, c := range name {
		if i > 0 && unicode.IsUpper(c) && (!isUpper(name, i-1) || i+1 < len(name) && !isUpper(name, i+1)) {
			b.WriteByte('_')
		}
		b.WriteRune(unicode.ToUpper(c))
	}
	return b.String()
}

func isUpper(name string, i int) bool { return unicode.IsUpper(rune(name[i])) }
