package hostcall

import (
	"go/ast"
	"go/parser"
	"go/token"
	"strings"
	"testing"

	"github.com/sesshook/sesshook/abi"
)

// goTypes are the value types of the Go types that imports.go uses.
var goTypes = map[string]abi.ValueType{
	"unsafe.Pointer": abi.I32, "uint32": abi.I32, "int32": abi.I32, "int64": abi.I64,
}

// TestImportsAreThoseOfTheABI holds the declarations of imports.go, which no
// native build compiles, against the host functions of package abi.
func TestImportsAreThoseOfTheABI(t *testing.T) {
	declared := imports(t)
	for _, f := range abi.HostFunctions() {
		got, ok := declared[f.Name]
		if !ok {
			t.Errorf("imports.go does not import %s", f.Name)
			continue
		}
		if got.String() != f.Type.String() {
			t.Errorf("%s is imported as %q, and the ABI says %q", f.Name, got, f.Type)
		}
		delete(declared, f.Name)
	}
	for name := range declared {
		t.Errorf("imports.go imports %s, which the ABI does not have", name)
	}
}

func TestEventBufferIsLargeEnoughForTheABI(t *testing.T) {
	if len(EventBuffer) < abi.MinEventBuffer {
		t.Errorf("the event buffer has %d bytes, and the ABI wants %d", len(EventBuffer), abi.MinEventBuffer)
	}
}

func imports(t *testing.T) map[string]abi.Signature {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), "imports.go", nil, parser.ParseComments)
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]abi.Signature{}
	for _, d := range file.Decls {
		f, ok := d.(*ast.FuncDecl)
		if !ok || f.Doc == nil {
			continue
		}
		for _, c := range f.Doc.List {
			if name, ok := strings.CutPrefix(c.Text, "//go:wasmimport "+abi.Module+" "); ok {
				found[name] = abi.Signature{Params: values(t, f.Type.Params), Results: values(t, f.Type.Results)}
			}
		}
	}
	return found
}

func values(t *testing.T, fields *ast.FieldList) (types []abi.ValueType) {
	t.Helper()
	if fields == nil {
		return nil
	}
	for _, f := range fields.List {
		v, ok := goTypes[typeName(f.Type)]
		if !ok {
			t.Fatalf("a parameter or result has the type %s, which is none of the ABI's", typeName(f.Type))
		}
		for range max(1, len(f.Names)) {
			types = append(types, v)
		}
	}
	return types
}

func typeName(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.Ident:
		return e.Name
	case *ast.SelectorExpr:
		return typeName(e.X) + "." + e.Sel.Name
	}
	return "?"
}
