// Command webbuild bundles the interactive parts of the pages into web/dist
// with esbuild's Go API: scripts, their worker, fonts, and the list of what is
// in them with its licences.
//
//	go run . -root ../..                bundle; without node_modules it says so and leaves dist alone
//	go run . -root ../.. -tests FOLDER  bundle web/ui/test for node --test
package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"github.com/evanw/esbuild/pkg/api"
)

func main() {
	root := flag.String("root", "../..", "the repository's root")
	tests := flag.String("tests", "", "bundle the tests into this folder instead")
	flag.Parse()
	var err error
	if *tests != "" {
		err = bundleTests(*root, *tests)
	} else {
		err = build(*root)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "webbuild:", err)
		os.Exit(1)
	}
}

// build makes dist anew beside the old one and swaps them at the end: a dist
// that is half built is worse than none.
func build(root string) error {
	ui, err := filepath.Abs(filepath.Join(root, "web", "ui"))
	if err != nil {
		return err
	}
	if _, err := os.Stat(filepath.Join(ui, "node_modules", "maplibre-gl")); errors.Is(err, fs.ErrNotExist) {
		fmt.Println("webbuild: web/ui/node_modules is missing: the pages work, the interactive map and chart do not")
		return nil
	}
	dist := filepath.Join(root, "web", "dist")
	tmp, err := os.MkdirTemp(filepath.Join(root, "web"), ".dist-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(tmp) //nolint:errcheck // what is left is ignored by git and by the next build
	meta, err := bundle(ui, tmp)
	if err != nil {
		return err
	}
	packages, err := licences(ui, meta)
	if err != nil {
		return err
	}
	linked, err := modules(root)
	if err != nil {
		return err
	}
	packages = append(packages, linked...)
	list, err := json.MarshalIndent(packages, "", " ")
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(tmp, "licences.json"), list, 0o644); err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(tmp, ".keep"), nil, 0o644); err != nil {
		return err
	}
	if err := os.Chmod(tmp, 0o755); err != nil {
		return err
	}
	if err := os.RemoveAll(dist); err != nil {
		return err
	}
	return os.Rename(tmp, dist)
}

// bundle writes the islands; a page loads only those it needs.
func bundle(ui, out string) (string, error) {
	r := api.Build(api.BuildOptions{
		AbsWorkingDir: ui,
		EntryPointsAdvanced: []api.EntryPoint{
			{InputPath: "src/fonts.css", OutputPath: "fonts"},
			{InputPath: "src/keys.ts", OutputPath: "keys"},
			{InputPath: "src/near.ts", OutputPath: "near"},
			{InputPath: "src/map.ts", OutputPath: "map"},
			{InputPath: "src/passkey.ts", OutputPath: "passkey"},
			{InputPath: "src/timeline.ts", OutputPath: "timeline"},
			{InputPath: "node_modules/maplibre-gl/dist/maplibre-gl-worker.mjs", OutputPath: "maplibre-gl-worker"},
		},
		Outdir: out, Bundle: true, Write: true, Format: api.FormatESModule, Splitting: true, Target: api.ES2022,
		MinifyWhitespace: true, MinifyIdentifiers: true, MinifySyntax: true, Metafile: true,
		Loader:     map[string]api.Loader{".woff2": api.LoaderFile},
		AssetNames: "a/[name]-[hash]", ChunkNames: "chunk-[hash]", LegalComments: api.LegalCommentsExternal,
		PublicPath: "/assets",
	})
	return r.Metafile, problems(r)
}

// bundleTests makes the tests run on a Node that does not read TypeScript.
func bundleTests(root, out string) error {
	ui, err := filepath.Abs(filepath.Join(root, "web", "ui"))
	if err != nil {
		return err
	}
	out, err = filepath.Abs(out)
	if err != nil {
		return err
	}
	files, err := filepath.Glob(filepath.Join(ui, "test", "*.test.ts"))
	if err != nil || len(files) == 0 {
		return errors.Join(err, errors.New("web/ui/test has no *.test.ts"))
	}
	return problems(api.Build(api.BuildOptions{
		AbsWorkingDir: ui, EntryPoints: files, Outdir: out, Bundle: true, Write: true,
		Format: api.FormatESModule, Platform: api.PlatformNode, Target: api.ES2022, OutExtension: map[string]string{".js": ".mjs"},
	}))
}

func problems(r api.BuildResult) error {
	var all []error
	for _, m := range r.Errors {
		where := ""
		if m.Location != nil {
			where = fmt.Sprintf("%s:%d: ", m.Location.File, m.Location.Line)
		}
		all = append(all, errors.New(where+m.Text))
	}
	return errors.Join(all...)
}

// A licence is what the page /licences says of one package.
type licence struct {
	Name, Version, Licence, Text string
}

// licences lists exactly the packages of which a file reached the bundle.
func licences(ui, metafile string) ([]licence, error) {
	var meta struct {
		Outputs map[string]struct {
			Inputs map[string]struct{ BytesInOutput int }
		}
		Inputs map[string]json.RawMessage
	}
	if err := json.Unmarshal([]byte(metafile), &meta); err != nil {
		return nil, fmt.Errorf("metafile: %w", err)
	}
	folders := map[string]bool{}
	for input := range meta.Inputs {
		if folder, ok := packageOf(input); ok {
			folders[folder] = true
		}
	}
	var out []licence
	for folder := range folders {
		one, err := licenceOf(filepath.Join(ui, filepath.FromSlash(folder)))
		if err != nil {
			return nil, err
		}
		out = append(out, one)
		bundled, err := bundledBy(ui, one.Name)
		if err != nil {
			return nil, err
		}
		out = append(out, bundled...)
	}
	slices.SortFunc(out, func(a, b licence) int { return strings.Compare(a.Name, b.Name) })
	return slices.CompactFunc(out, func(a, b licence) bool { return a.Name == b.Name }), nil
}

// packageOf finds the package's folder in the path of a file inside it.
func packageOf(input string) (string, bool) {
	const modules = "node_modules/"
	at := strings.LastIndex(input, modules)
	if at < 0 {
		return "", false
	}
	parts := strings.Split(input[at+len(modules):], "/")
	n := 1
	if strings.HasPrefix(parts[0], "@") {
		n = 2
	}
	return input[:at+len(modules)] + strings.Join(parts[:n], "/"), true
}

func licenceOf(folder string) (licence, error) {
	body, err := os.ReadFile(filepath.Join(folder, "package.json"))
	if err != nil {
		return licence{}, err
	}
	var p struct{ Name, Version, License string }
	if err := json.Unmarshal(body, &p); err != nil {
		return licence{}, fmt.Errorf("%s: %w", folder, err)
	}
	one := licence{Name: p.Name, Version: p.Version, Licence: p.License}
	if one.Licence == "" {
		return licence{}, fmt.Errorf("%s names no licence", folder)
	}
	one.Text, err = licenceText(folder)
	return one, err
}

// licenceText reads the first file of a folder that looks like a licence.
func licenceText(folder string) (string, error) {
	entries, err := os.ReadDir(folder)
	if err != nil {
		return "", err
	}
	for _, e := range entries {
		if name := strings.ToLower(e.Name()); !e.IsDir() && (strings.HasPrefix(name, "licen") || strings.HasPrefix(name, "copying")) {
			text, err := os.ReadFile(filepath.Join(folder, e.Name()))
			return string(bytes.TrimSpace(text)), err
		}
	}
	return "", nil
}

// modules lists the modules of Go that the program is linked from.
func modules(root string) ([]licence, error) {
	list := exec.Command("go", "list", "-deps", "-f", "{{with .Module}}{{if not .Main}}{{.Path}}\t{{.Version}}\t{{.Dir}}{{end}}{{end}}", "./cmd/marchday")
	list.Dir, list.Stderr = root, os.Stderr
	lines, err := list.Output()
	if err != nil {
		return nil, fmt.Errorf("go list ./cmd/marchday: %w", err)
	}
	var out []licence
	seen := map[string]bool{}
	for line := range strings.Lines(string(lines)) {
		f := strings.Split(strings.TrimSpace(line), "\t")
		if len(f) != 3 || seen[f[0]] {
			continue
		}
		seen[f[0]] = true
		text, err := licenceText(f[2])
		if err != nil {
			return nil, err
		}
		if text == "" {
			return nil, fmt.Errorf("module %s has no licence file in %s", f[0], f[2])
		}
		out = append(out, licence{Name: f[0], Version: f[1], Licence: nameOf(text), Text: text})
	}
	slices.SortFunc(out, func(a, b licence) int { return strings.Compare(a.Name, b.Name) })
	return out, nil
}

// nameOf recognises a licence by its own words; a module of Go names none.
func nameOf(text string) string {
	flat := strings.Join(strings.Fields(text), " ")
	for _, l := range []struct{ words, name string }{
		{"Apache License Version 2.0", "Apache-2.0"},
		{"Mozilla Public License", "MPL-2.0"},
		{"Neither the name of", "BSD-3-Clause"},
		{"Redistributions in binary form must reproduce", "BSD-2-Clause"},
		{"Permission is hereby granted, free of charge", "MIT"},
		{"Permission to use, copy, modify, and/or distribute", "ISC"},
	} {
		if strings.Contains(flat, l.words) {
			return l.name
		}
	}
	return ""
}

// bundledBy lists what a package brings along inside its own files: maplibre-gl
// ships as one bundle, so its dependencies leave no trace in the metafile.
func bundledBy(ui, name string) ([]licence, error) {
	if name != "maplibre-gl" {
		return nil, nil
	}
	seen := map[string]bool{name: true}
	var out []licence
	for queue := []string{name}; len(queue) > 0; queue = queue[1:] {
		body, err := os.ReadFile(filepath.Join(ui, "node_modules", filepath.FromSlash(queue[0]), "package.json"))
		if err != nil {
			return nil, err
		}
		var p struct{ Dependencies map[string]string }
		if err := json.Unmarshal(body, &p); err != nil {
			return nil, fmt.Errorf("%s: %w", queue[0], err)
		}
		for dependency := range p.Dependencies {
			if seen[dependency] || strings.HasPrefix(dependency, "@types/") {
				continue
			}
			seen[dependency] = true
			folder := filepath.Join(ui, "node_modules", filepath.FromSlash(dependency))
			one, err := licenceOf(folder)
			if err != nil {
				return nil, err
			}
			out, queue = append(out, one), append(queue, dependency)
		}
	}
	return out, nil
}
