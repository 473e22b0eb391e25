package record

import (
	"archive/tar"
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"
)

// exported makes a log with everything a bundle can hold, and its export.
func exported(t testing.TB, entries int, since int64) (*Log, []byte) {
	t.Helper()
	o := options()
	o.Policy = jointPolicy()
	l := openTest(t, t.TempDir(), o)
	fill(t, l, 0, entries/2)
	h := publish(t, l)
	for _, w := range []string{"us-1.example", "ru-1.example"} {
		if _, err := l.Cosign(t.Context(), h.Size, cosignature(t, w, h.Note, time.Unix(1_462_464_100, 0))); err != nil {
			t.Fatal(err)
		}
	}
	fill(t, l, entries/2, entries)
	publish(t, l)
	for _, b := range []string{"a dictionary", "a gazetteer", strings.Repeat("long ", 300)} {
		if _, err := l.PutBlob(t.Context(), Kept, []byte(b)); err != nil {
			t.Fatal(err)
		}
	}
	return l, export(t, l, Bundle{Since: since, Extra: map[string][]byte{"policy.txt": []byte(jointPolicy()), "keys.json": []byte("{}")}})
}

func export(t testing.TB, l *Log, b Bundle) []byte {
	t.Helper()
	var buf bytes.Buffer
	if err := l.Export(t.Context(), &buf, b); err != nil {
		t.Fatal(err)
	}
	return buf.Bytes()
}

func TestBundlesOfManySizesVerify(t *testing.T) {
	for _, c := range []struct {
		entries int
		since   int64
	}{{0, 0}, {1, 0}, {1, 1}, {255, 0}, {256, 0}, {256, 256}, {257, 256}, {700, 0}, {700, 300}, {700, 512}, {700, 700}} {
		l, data := exported(t, c.entries, c.since)
		start := c.since / tileWidth * tileWidth
		next := start
		files := map[string]string{}
		v := Visit{
			Entry: func(e Entry) error {
				if e.Index != next {
					return fmt.Errorf("entry %d, want %d", e.Index, next)
				}
				next++
				return nil
			},
			File: func(name string, data []byte) error { files[name] = string(data); return nil },
		}
		signed, joint, err := VerifyBundle(t.Context(), bytes.NewReader(data), *l.policy.Load(), v)
		if err != nil {
			t.Errorf("%d entries since %d: %v", c.entries, c.since, err)
			continue
		}
		if signed.Size != int64(c.entries) || next != signed.Size || len(files) != 5 || files["extra/policy.txt"] != jointPolicy() {
			t.Errorf("%d entries since %d: head of %d, seen up to %d, files %d", c.entries, c.since, signed.Size, next, len(files))
		}
		if joint.Note == nil != (int64(c.entries/2) < start) {
			t.Errorf("%d entries since %d: joint head of %d", c.entries, c.since, joint.Size)
		}
		if again := export(t, l, Bundle{Since: c.since, Extra: map[string][]byte{"policy.txt": []byte(jointPolicy()), "keys.json": []byte("{}")}}); !bytes.Equal(again, data) {
			t.Errorf("%d entries since %d: the same log gave two different bundles", c.entries, c.since)
		}
	}
}

func TestBundleIsATarArchive(t *testing.T) {
	_, data := exported(t, 300, 0)
	r := tar.NewReader(bytes.NewReader(data))
	var names []string
	for {
		h, err := r.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if h.Uid != 0 || h.Mode != 0o644 || h.ModTime.Unix() != 0 || h.Typeflag != tar.TypeReg {
			t.Errorf("%s: header %+v", h.Name, h)
		}
		if _, err := io.Copy(io.Discard, r); err != nil {
			t.Fatal(err)
		}
		names = append(names, h.Name)
	}
	want := "[bundle checkpoint checkpoint.cosigned tile/entries/000 tile/0/000 tile/entries/001.p/44 tile/0/001.p/44 tile/1/000.p/1"
	if !strings.HasPrefix(fmt.Sprint(names), want) || names[len(names)-1] != "manifest" {
		t.Errorf("files %v", names)
	}
}

func TestEveryFlippedByteOfABundleIsFound(t *testing.T) {
	l, data := exported(t, 300, 0)
	p := *l.policy.Load()
	rng := rand.New(rand.NewPCG(1, 2))
	places := map[int]bool{}
	for i := 0; i < len(data); i += 512 { // each header and the first bytes of each block
		places[i+rng.IntN(min(512, len(data)-i))] = true
	}
	flips := 2_000
	if testing.Short() {
		flips = 50
	}
	for range flips {
		places[rng.IntN(len(data))] = true
	}
	for at := range places {
		bad := bytes.Clone(data)
		bad[at] ^= 1 << rng.IntN(8)
		if _, _, err := VerifyBundle(t.Context(), bytes.NewReader(bad), p, Visit{}); err == nil {
			t.Errorf("byte %d flipped (in block %q): not found", at, data[at/512*512:at/512*512+32])
		}
	}
	for _, cut := range []int{1, 512, 1024, len(data) / 2, len(data) - 1} {
		if _, _, err := VerifyBundle(t.Context(), bytes.NewReader(data[:len(data)-cut]), p, Visit{}); err == nil {
			t.Errorf("cut off by %d bytes: not found", cut)
		}
	}
	if _, _, err := VerifyBundle(t.Context(), bytes.NewReader(append(bytes.Clone(data), 0)), p, Visit{}); err == nil {
		t.Error("a byte after the end: not found")
	}
}

func TestTheErrorNamesFileAndEntry(t *testing.T) {
	l, data := exported(t, 300, 0)
	for _, c := range []struct{ alter, want string }{
		{"body 17", "tile/0/000: its hash 17 is not that of entry 17"},
		{"body 299", "tile/0/001.p/44: its hash 43 is not that of entry 299"},
		{"a gazetteer", "blobs/kept/"},
		{"group joint all", "extra/policy.txt"},
		{"ustar", "bundle"},
	} {
		bad := bytes.Replace(data, []byte(c.alter), bytes.ToUpper([]byte(c.alter)), 1)
		_, _, err := VerifyBundle(t.Context(), bytes.NewReader(bad), *l.policy.Load(), Visit{})
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%q altered: %v, want %q", c.alter, err, c.want)
		}
	}
}

// A centre that lies has its key: what it signs anew must still agree.
func TestAResignedHeadWithAWrongRootIsFound(t *testing.T) {
	l, data := exported(t, 300, 0)
	signed, _, err := l.Checkpoint(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	text, _, _ := bytes.Cut(signed.Note, []byte("\n\n"))
	lines := strings.Split(string(text), "\n")
	root := leafHash(0, []byte("another history"))
	forged, err := note.Sign(&note.Note{Text: lines[0] + "\n" + lines[1] + "\n" + root.String() + "\n"}, l.signer)
	if err != nil {
		t.Fatal(err)
	}
	if len(forged) != len(signed.Note) {
		t.Fatal("the forged head has another length")
	}
	bad := bytes.Replace(data, signed.Note, forged, 1)
	_, _, err = VerifyBundle(t.Context(), bytes.NewReader(bad), *l.policy.Load(), Visit{})
	if err == nil || !strings.Contains(err.Error(), "checkpoint: signed for 300 entries with root") {
		t.Errorf("a forged root: %v", err)
	}
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS(filepath.Join(l.o.Dir, "tiles"))); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "checkpoint"), forged, 0o600); err != nil {
		t.Fatal(err)
	}
	parent := filepath.Join(t.TempDir(), "log")
	if err := os.MkdirAll(parent, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(dir, filepath.Join(parent, "tiles")); err != nil {
		t.Fatal(err)
	}
	if _, _, err = Verify(t.Context(), parent, *l.policy.Load(), Visit{}); err == nil {
		t.Error("a forged root in a folder: not found")
	}
}

func TestExportAsksForWhatItNeeds(t *testing.T) {
	l := openTest(t, t.TempDir(), options())
	if err := l.Export(t.Context(), io.Discard, Bundle{}); err == nil {
		t.Error("exported without a head")
	}
	fill(t, l, 0, 3)
	publish(t, l)
	for name, b := range map[string]Bundle{
		"since beyond the head":   {Since: 4},
		"since below zero":        {Since: -1},
		"a path as a name":        {Extra: map[string][]byte{"../x": nil}},
		"a blob that is not kept": {Blobs: [][32]byte{{1}}},
	} {
		if err := l.Export(t.Context(), io.Discard, b); err == nil {
			t.Errorf("%s: exported", name)
		}
	}
}

func TestFlippedBytesOfAFolderAreFoundOrHealed(t *testing.T) {
	l, _ := exported(t, 600, 0)
	p := *l.policy.Load()
	rng := rand.New(rand.NewPCG(3, 4))
	var files []string
	err := filepath.WalkDir(l.o.Dir, func(file string, d os.DirEntry, err error) error {
		if err == nil && !d.IsDir() && !strings.HasPrefix(d.Name(), "record.") {
			files = append(files, file)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	flips := 200
	if testing.Short() {
		flips = 10
	}
	for range flips {
		file := files[rng.IntN(len(files))]
		good, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		bad := bytes.Clone(good)
		if at := rng.IntN(len(bad)); rng.IntN(4) == 0 {
			bad = bad[:at]
		} else {
			bad[at] ^= 1 << rng.IntN(8)
		}
		if err := os.WriteFile(file, bad, 0o600); err != nil {
			t.Fatal(err)
		}
		if _, _, err := Verify(t.Context(), l.o.Dir, p, Visit{}); err == nil {
			t.Errorf("%s altered: not found", file)
		}
		if strings.Contains(file, "/tiles/") {
			if n, err := l.Heal(t.Context()); err != nil || n > 1 {
				t.Errorf("healed %d files: %v", n, err)
			}
		}
		if healed, err := os.ReadFile(file); err != nil || !bytes.Equal(healed, good) {
			if err := os.WriteFile(file, good, 0o600); err != nil {
				t.Fatal(err)
			}
			if !strings.Contains(file, "/blobs/") && !strings.Contains(file, ".p/") {
				t.Errorf("%s was not healed", file)
			}
		}
	}
	if _, _, err := Verify(t.Context(), l.o.Dir, p, Visit{}); err != nil {
		t.Errorf("at the end: %v", err)
	}
}
