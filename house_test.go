// The house test: it holds the floors of the house apart.
// The table is drawn in docs/ARCHITECTURE.md; table, drawing and test change in one commit, with the reason.

// Package house holds the tests that keep the floors of the house apart.
package house

import (
	"bufio"
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"io/fs"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/marchday/marchday/"

// mayImport lists, for every package of the house, the only packages of the
// house that it may import. A package that is missing here fails the test, so
// a new room must be drawn on the plan before it is built. A room that is on
// the plan and not yet built is no failure: no room is built as a stub.
var mayImport = map[string]string{
	// GROUND
	"truce": "",
	// embedded data of the regimes, no code besides; cmd alone imports it
	"dossiers": "",
	// REASON
	"gazetteer": "truce",
	"link":      "truce",
	"detect":    "truce",
	"access":    "truce",
	"extract":   "truce gazetteer",
	"intake":    "truce",
	// STATE: these three never see one another
	"record":  "",
	"vault":   "",
	"picture": "truce",
	// OFFICE
	"centre":   "truce record vault gazetteer extract link detect access picture",
	"bulletin": "truce picture",
	// DOOR
	"web": "truce record intake picture centre bulletin",
	// ROOF
	"cmd/marchday": "*",
}

// pure packages compute: they may not reach a clock, a disk, a network, a
// database, a log or a die. Whatever they need is an argument.
var pure = []string{"truce", "gazetteer", "extract", "link", "detect", "access"}

// impure names standard packages, each with everything below it.
var impure = []string{"net", "database/sql", "log", "os", "syscall", "math/rand", "crypto/rand"}

// Seeded chance is an argument (*rand.Rand), so math/rand/v2 may be imported
// by a pure package, but of it only these names may be used.
var seeded = []string{"New", "NewPCG", "NewChaCha8", "NewZipf", "Rand", "PCG", "ChaCha8", "Source", "Zipf"}

// clock names what a pure package may not take from package time: the hour,
// and the machine's own zones, which differ from machine to machine.
var clock = []string{"Now", "Since", "Until", "Sleep", "After", "AfterFunc", "Tick", "NewTimer", "NewTicker", "Local", "LoadLocation"}

// inexact names what a pure package may not take from package math: these
// differ in the last bit from machine to machine, so the house has its own.
var inexact = []string{
	"Log", "Log2", "Log10", "Log1p", "Exp", "Exp2", "Expm1", "Pow", "Cbrt", "Hypot", "FMA", "Gamma", "Lgamma", "Erf", "Erfc",
	"Sin", "Cos", "Sincos", "Tan", "Asin", "Acos", "Atan", "Atan2", "Sinh", "Cosh", "Tanh",
}

// only names, for a function or method of a room, the files outside that room
// that may use it: there is no second hand.
var only = map[string][]string{
	"record.Add":   {"centre/append.go", "centre/outbox.go"},
	"record.Adopt": {"cmd/marchday/migrate.go", "cmd/marchday/mirror.go", "cmd/marchday/restore.go"},
	"picture.Fold": {"centre/follow.go"},
}

func TestFloors(t *testing.T) {
	h := house{fset: token.NewFileSet(), files: map[string][]*ast.File{}, known: map[string]*types.Package{}, uses: map[*ast.Ident]types.Object{}}
	err := filepath.WalkDir(".", func(file string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			if file != "." && outside(file, d.Name()) {
				return filepath.SkipDir
			}
			return nil
		}
		if !strings.HasSuffix(file, ".go") || strings.HasSuffix(file, "_test.go") {
			return nil
		}
		file = filepath.ToSlash(file)
		pkg := path.Dir(file)
		if _, known := mayImport[pkg]; !known && h.files[pkg] == nil {
			t.Errorf("%s: package %s is not on the plan (mayImport)", file, pkg)
		}
		f, err := parser.ParseFile(h.fset, file, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		h.files[pkg] = append(h.files[pkg], f)
		checkImports(t, h.fset, f, pkg)
		checkUses(t, h.fset, f, pkg)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	h.checkHands(t)
}

// TestFused compiles the pure packages for arm64 and fails on a fused multiply
// and add, whose one rounding gives other bits than amd64's two.
func TestFused(t *testing.T) {
	args := []string{"build", "-gcflags=-S"}
	for _, pkg := range pure {
		if files, _ := filepath.Glob(filepath.Join(pkg, "*.go")); len(files) > 0 {
			args = append(args, "./"+pkg)
		}
	}
	if len(args) == 2 {
		t.Skip("no pure package is built yet")
	}
	cmd := exec.Command("go", args...)
	cmd.Env = append(os.Environ(), "GOOS=linux", "GOARCH=arm64", "CGO_ENABLED=0")
	listing, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	fused := regexp.MustCompile(`\(([^()]+:\d+)\)\tFN?M(ADD|SUB)[SD]\t`)
	lines := bufio.NewScanner(listing)
	lines.Buffer(nil, 1<<24)
	var tail string
	for lines.Scan() {
		tail = lines.Text()
		if at := fused.FindStringSubmatch(tail); at != nil {
			t.Errorf("%s: fused on arm64: write float64(x*y) + z", at[1])
		}
	}
	if err := lines.Err(); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err != nil {
		t.Fatalf("go %s: %v: %s", strings.Join(args, " "), err, tail)
	}
}

// outside reports whether a folder is no part of this module's code.
func outside(dir, name string) bool {
	if strings.HasPrefix(name, ".") || strings.HasPrefix(name, "_") {
		return true
	}
	if slices.Contains([]string{"testdata", "node_modules", "dist", "vendor"}, name) {
		return true
	}
	_, err := os.Stat(filepath.Join(dir, "go.mod")) // a module of its own, like tools/
	return err == nil
}

// checkImports holds the arrows: only down, and only as listed.
func checkImports(t *testing.T, fset *token.FileSet, f *ast.File, pkg string) {
	t.Helper()
	allowed := strings.Fields(mayImport[pkg])
	for _, im := range f.Imports {
		name := strings.Trim(im.Path.Value, `"`)
		at := fset.Position(im.Pos())
		if own, ok := strings.CutPrefix(name, module); ok && !slices.Contains(allowed, "*") && !slices.Contains(allowed, own) {
			t.Errorf("%s: %s may not import %s", at, pkg, own)
		}
		if pkg == "dossiers" && name != "embed" {
			t.Errorf("%s: dossiers is data and may import embed alone", at)
		}
		if !slices.Contains(pure, pkg) {
			continue
		}
		if im.Name != nil && im.Name.Name == "." {
			t.Errorf("%s: %s is pure and may not hide where a name is from", at, pkg)
		}
		if name == "math/rand/v2" {
			continue
		}
		for _, bad := range impure {
			if name == bad || strings.HasPrefix(name, bad+"/") {
				t.Errorf("%s: %s is pure and may not import %s", at, pkg, name)
			}
		}
	}
}

// checkUses holds what an import cannot tell: the clock, the die, the last bit.
func checkUses(t *testing.T, fset *token.FileSet, f *ast.File, pkg string) {
	t.Helper()
	if !slices.Contains(pure, pkg) {
		return
	}
	from := map[string]string{} // name in this file -> import path
	for _, im := range f.Imports {
		p := strings.Trim(im.Path.Value, `"`)
		name := path.Base(strings.TrimSuffix(p, "/v2"))
		if im.Name != nil {
			name = im.Name.Name
		}
		from[name] = p
	}
	ast.Inspect(f, func(n ast.Node) bool {
		s, ok := n.(*ast.SelectorExpr)
		if !ok {
			return true
		}
		id, ok := s.X.(*ast.Ident)
		if !ok {
			return true
		}
		at := fset.Position(s.Pos())
		switch p := from[id.Name]; {
		case p == "time" && slices.Contains(clock, s.Sel.Name):
			t.Errorf("%s: %s is pure and may not use time.%s", at, pkg, s.Sel.Name)
		case p == "math" && slices.Contains(inexact, s.Sel.Name):
			t.Errorf("%s: %s is pure and may not use math.%s, which differs between machines", at, pkg, s.Sel.Name)
		case p == "math/rand/v2" && !slices.Contains(seeded, s.Sel.Name):
			t.Errorf("%s: %s is pure and may not use the global rand.%s", at, pkg, s.Sel.Name)
		}
		return true
	})
}

// A house is the parsed packages, and an importer that checks the types of our
// own and leaves every other package empty. What comes from those stays
// unknown, which is enough to tell whose method is called; a room's value that
// hides in a foreign type (atomic.Pointer, an interface) is not seen.
type house struct {
	fset  *token.FileSet
	files map[string][]*ast.File
	known map[string]*types.Package
	uses  map[*ast.Ident]types.Object
}

// Import implements types.Importer.
func (h *house) Import(name string) (*types.Package, error) {
	if p := h.known[name]; p != nil {
		return p, nil
	}
	h.known[name] = types.NewPackage(name, path.Base(name)) // also what a cycle gets
	h.known[name].MarkComplete()
	if own, ok := strings.CutPrefix(name, module); ok && h.files[own] != nil {
		conf := types.Config{Importer: h, Error: func(error) {}} // unknown foreign names are no fault here
		if p, _ := conf.Check(name, h.fset, h.files[own], &types.Info{Uses: h.uses}); p != nil {
			h.known[name] = p
		}
	}
	return h.known[name], nil
}

// checkHands holds that what only one hand may do is done by that hand.
func (h *house) checkHands(t *testing.T) {
	t.Helper()
	for pkg := range h.files {
		if _, err := h.Import(module + pkg); err != nil {
			t.Fatal(err)
		}
	}
	for id, what := range h.uses {
		f, ok := what.(*types.Func)
		if !ok || f.Pkg() == nil {
			continue
		}
		room, own := strings.CutPrefix(f.Pkg().Path(), module)
		files, guarded := only[room+"."+f.Name()]
		at := h.fset.Position(id.Pos())
		if own && guarded && path.Dir(at.Filename) != room && !slices.Contains(files, at.Filename) {
			t.Errorf("%s: only %s may use %s.%s", at, strings.Join(files, ", "), room, f.Name())
		}
	}
}

// TestEveryDependencyHasALine holds go.mod's direct dependencies against the
// list of decisions: at most twenty, each said what for.
func TestEveryDependencyHasALine(t *testing.T) {
	mod, err := os.ReadFile("go.mod")
	if err != nil {
		t.Fatal(err)
	}
	list, err := os.ReadFile("docs/adr/README.md")
	if err != nil {
		t.Fatal(err)
	}
	direct := map[string]bool{}
	for line := range strings.Lines(string(mod)) {
		f := strings.Fields(line)
		if len(f) > 1 && f[0] == "require" && f[1] != "(" {
			f = f[1:]
		}
		if len(f) == 2 && strings.Contains(f[0], ".") && strings.HasPrefix(f[1], "v") {
			direct[f[0]] = true
		}
	}
	const most = 20
	if len(direct) == 0 || len(direct) > most {
		t.Errorf("%d direct dependencies, want 1 to %d", len(direct), most)
	}
	for dep := range direct {
		if !strings.Contains(string(list), "| "+dep+" |") {
			t.Errorf("docs/adr/README.md has no line for %s: what for, who keeps it, what we would write instead", dep)
		}
	}
	for line := range strings.Lines(string(list)) {
		f := strings.Split(line, "|")
		if len(f) > 2 && strings.Contains(f[1], "/") && !direct[strings.TrimSpace(f[1])] {
			t.Errorf("docs/adr/README.md has a line for %s, which go.mod does not ask for", strings.TrimSpace(f[1]))
		}
	}
}
