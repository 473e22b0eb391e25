package main

import (
	"context"
	"errors"
	"io/fs"

	"github.com/marchday/marchday/bulletin"
	"github.com/marchday/marchday/centre"
)

// renderer hands a day that closes to the room that renders it: the two rooms
// do not know each other. Base is the map's ground, empty for none.
func renderer(base bulletin.Ground) centre.Render {
	return func(ctx context.Context, d centre.Day) ([]centre.Edition, error) {
		return render(ctx, d, base)
	}
}

func render(ctx context.Context, d centre.Day, base bulletin.Ground) ([]centre.Edition, error) {
	made, err := bulletin.Editions(ctx, bulletin.Input{
		View: d.View, Day: d.Day, From: d.From, To: d.To, Origin: d.Origin, Size: d.Size, Root: d.Root,
		Langs: bulletin.Langs(), Sort: bulletin.Preliminary, Base: base,
	})
	if err != nil {
		return nil, err
	}
	editions := make([]centre.Edition, len(made))
	for i, e := range made {
		editions[i] = centre.Edition{Format: e.Format, Lang: e.Lang, Bytes: e.Bytes}
	}
	return editions, nil
}

// mapOf returns the ground that a dossier's maps are drawn on, nil if it has
// none: pages and bulletins then have tables only.
func mapOf(files fs.FS) ([]byte, error) {
	b, err := fs.ReadFile(files, "map/base.geojson")
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return b, err
}

// groundOf returns a dossier's map as bulletins draw on it.
func groundOf(files fs.FS) (bulletin.Ground, error) {
	b, err := mapOf(files)
	if err != nil {
		return bulletin.Ground{}, err
	}
	return bulletin.ReadGround(b)
}
