package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/marchday/marchday/extract"
	"github.com/marchday/marchday/gazetteer"
	"github.com/marchday/marchday/link"
	"github.com/marchday/marchday/truce"
)

// release names this release in method statements: the one that reproduces
// pictures made with it.
const release = "0.1.0"

// engines are what the fold runs, with the data they were made from.
type engines struct {
	extract   *extract.Engine
	gazetteer *gazetteer.Gazetteer
	model     link.Model
	words     []byte // the dictionaries laid over those of the binary, as the record keeps them
}

// openEngines makes the engines from the data in the binary and a dossier's
// own dictionaries (dict/) and places (map/, places.tsv).
//
// A folder of a centre adds its own: gazetteer/ and dict/ in it. Either may be
// left out.
func openEngines(dossier fs.FS, dir string, zone truce.Zone) (engines, error) {
	var e engines
	folders := []fs.FS{gazetteer.World(), dossier}
	var dicts []fs.FS
	var own fs.FS
	if dir != "" {
		own = os.DirFS(dir)
	}
	for _, from := range []struct {
		fs   fs.FS
		name string
		to   *[]fs.FS
	}{{own, "gazetteer", &folders}, {dossier, "dict", &dicts}, {own, "dict", &dicts}} {
		if from.fs == nil {
			continue
		}
		if _, err := fs.Stat(from.fs, from.name); err != nil {
			continue
		}
		sub, err := fs.Sub(from.fs, from.name)
		if err != nil {
			return e, err
		}
		*from.to = append(*from.to, sub)
	}
	var err error
	if e.gazetteer, err = gazetteer.Load(folders...); err != nil {
		return e, fmt.Errorf("load the gazetteer: %w", err)
	}
	if e.extract, err = extract.New(extract.Options{Dictionaries: dicts, Gazetteer: e.gazetteer, Zone: zone}); err != nil {
		return e, fmt.Errorf("load the dictionaries: %w", err)
	}
	if e.words, err = packWords(dicts); err != nil {
		return e, err
	}
	e.model, err = modelIn(dir)
	return e, err
}

// modelIn returns the linker's model of a centre's folder, link/model.json in
// it, or the shipped one where there is none.
func modelIn(dir string) (link.Model, error) {
	f, err := os.Open(filepath.Join(dir, "link", "model.json"))
	if dir == "" || errors.Is(err, fs.ErrNotExist) {
		return link.DefaultModel(), nil
	}
	if err != nil {
		return link.Model{}, err
	}
	m, err := link.LoadModel(f)
	if err = errors.Join(err, f.Close()); err != nil {
		return m, fmt.Errorf("%s: %w", f.Name(), err)
	}
	return m, nil
}

// method names the engines and the digests of what they read.
func (e engines) method() truce.Method {
	input := func(name string, d truce.Digest) []truce.Blob { return []truce.Blob{{Name: name, Digest: d}} }
	words := append(input("dictionaries", e.extract.Digest()), truce.Blob{Name: keptWords, Digest: truce.DigestOf(e.words), Bytes: int64(len(e.words))})
	return truce.Method{Release: release, Engines: []truce.Engine{
		{Name: "extract", Version: extract.Version, Inputs: words},
		{Name: "gazetteer", Version: gazetteer.Version, Inputs: input("places", e.gazetteer.Digest())},
		{Name: "link", Version: link.Version, Inputs: input("model", e.model.Digest())},
		{Name: "casualties", Version: truce.CasualtyRule},
	}}
}
