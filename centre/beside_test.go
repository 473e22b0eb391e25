package centre

import (
	"bytes"
	"database/sql"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/marchday/marchday/picture"
	"github.com/marchday/marchday/truce"
)

// besides are the files and folders of a centre's folder.
func besides(t *testing.T, dir string) (names []string) {
	t.Helper()
	all, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range all {
		names = append(names, e.Name())
	}
	return names
}

// TestAReaderNeverDeletesNorWritesThePictureOfARunningCentre opens a folder for
// reading while a centre runs there, with a picture that is behind, ahead of what
// the reader read of the record, of another schema, and not there.
func TestAReaderNeverDeletesNorWritesThePictureOfARunningCentre(t *testing.T) {
	dir, clock := t.TempDir(), clockAt(start.Time())
	c := openTest(t, dir, clock)
	foundTest(t, c, clock)
	sayTest(t, c, "watch", shelling("obs", "hil", "p1", start-7200, 1))
	if err := c.CatchUp(t.Context()); err != nil {
		t.Fatal(err)
	}
	beside := func() *Centre {
		t.Helper()
		o := c.o
		o.ReadOnly, o.Sequencer = true, false
		r, err := Open(t.Context(), o)
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	sees := func(r *Centre) int {
		t.Helper()
		n, err := r.View(truce.Viewer{Role: truce.CoChair}).CountIncidents(t.Context(), picture.Filter{})
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	names := besides(t, dir)

	r := beside() // up to date: it reads the shared one
	if sees(r) != 1 || r.aside != "" {
		t.Errorf("the reader sees %d incidents, aside %q", sees(r), r.aside)
	}
	if err := r.picture.Fold(t.Context(), nil, picture.Position{}); err == nil {
		t.Error("a reader writes the picture")
	}
	clock.pass(time.Hour)
	sayTest(t, c, "watch", shelling("obs", "acc", "p2", start-900_000, 3)) // the record goes on, and no fold yet
	behind := beside()
	if err := behind.CatchUp(t.Context()); err != nil || sees(behind) != 2 || sees(c) != 1 {
		t.Errorf("a reader that catches up sees %d, the centre's own picture has %d: %v", sees(behind), sees(c), err)
	}
	if err := c.CatchUp(t.Context()); err != nil || sees(c) != 2 {
		t.Fatalf("the centre folds on: %d, %v", sees(c), err)
	}

	file := filepath.Join(dir, pictureFile)
	db, err := sql.Open("sqlite", file)
	if err == nil {
		_, err = db.ExecContext(t.Context(), "UPDATE position SET schema = 0") // as another release left it
	}
	if err := errors.Join(err, db.Close()); err != nil {
		t.Fatal(err)
	}
	before, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	stale := beside()
	if err := stale.CatchUp(t.Context()); err != nil || sees(stale) != 2 {
		t.Errorf("beside a picture of another release a reader sees %d: %v", sees(stale), err)
	}
	if after, err := os.ReadFile(file); err != nil || !bytes.Equal(before, after) {
		t.Errorf("the picture of another release was touched: %v", err)
	}
	for _, x := range []*Centre{r, behind, stale} {
		if err := x.Close(); err != nil {
			t.Error(err)
		}
	}
	if got := besides(t, dir); len(got) != len(names) {
		t.Errorf("readers leave behind %v, before there were %v", got, names)
	}
}
