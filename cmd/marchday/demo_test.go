package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"github.com/marchday/marchday/bulletin"
	"github.com/marchday/marchday/dossiers"
	"github.com/marchday/marchday/picture"
	"github.com/marchday/marchday/truce"
)

// TestMain lets a test start this binary as the command itself.
func TestMain(m *testing.M) {
	if os.Getenv("MARCHDAY_AS_COMMAND") != "" {
		os.Exit(run(context.Background(), os.Args[1:], os.Stdin, os.Stdout, os.Stderr, time.Now))
	}
	os.Exit(m.Run())
}

// command runs one command line in this process.
func command(t *testing.T, args ...string) (code int, out, errs string) {
	t.Helper()
	var o, e bytes.Buffer
	code = run(t.Context(), args, strings.NewReader(""), &o, &e, time.Now)
	return code, o.String(), e.String()
}

func mustRun(t *testing.T, args ...string) string {
	t.Helper()
	code, out, errs := command(t, args...)
	if code != exitFine {
		t.Fatalf("marchday %s: exit %d: %s", strings.Join(args, " "), code, errs)
	}
	return out
}

// demoDir is the founding case as it stands on 31 May, made once; tests copy it.
var demoDir = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "marchday-test-demo-")
	if err != nil {
		return "", err
	}
	var out, errs bytes.Buffer
	if run(context.Background(), []string{"demo", "--no-serve", "--data", dir, "--until", "2016-06-01T00:00:00+03:00"}, strings.NewReader(""), &out, &errs, time.Now) != exitFine {
		return "", errors.New(errs.String())
	}
	return dir, nil
})

// demoCopy returns a copy of the founding case that a test may change.
func demoCopy(t *testing.T) string {
	t.Helper()
	from, err := demoDir()
	if err != nil {
		t.Fatal(err)
	}
	to := filepath.Join(t.TempDir(), "demo")
	if err := os.CopyFS(to, os.DirFS(from)); err != nil {
		t.Fatal(err)
	}
	return to
}

func TestOneRecordHasOneDigest(t *testing.T) {
	dir := demoCopy(t)
	want := mustRun(t, "replay", "--data", dir, "--digest")
	rng := rand.New(rand.NewPCG(5, 6))
	for range 3 {
		if got := mustRun(t, "replay", "--data", dir, "--digest", "--batch", strconv.Itoa(1+rng.IntN(60))); got != want {
			t.Errorf("another batch, another digest")
		}
	}
	for _, procs := range []int{1, 2} {
		old := runtime.GOMAXPROCS(procs)
		if got := mustRun(t, "replay", "--data", dir, "--digest"); got != want {
			t.Errorf("another digest on %d cores", procs)
		}
		runtime.GOMAXPROCS(old)
	}
	// the centre's own picture, and the one it makes when that is deleted
	for _, gone := range []bool{false, true} {
		if gone {
			for _, f := range []string{"picture.db", "picture.db-wal", "picture.db-shm"} {
				if err := os.Remove(filepath.Join(dir, f)); err != nil && !errors.Is(err, fs.ErrNotExist) {
					t.Fatal(err)
				}
			}
		}
		h, err := openHome(dir)
		if err != nil {
			t.Fatal(err)
		}
		c, err := h.open(t.Context(), h.clock(time.Now), true)
		if err != nil {
			t.Fatal(err)
		}
		if err := c.CatchUp(t.Context()); err != nil {
			t.Fatal(err)
		}
		got, err := c.Picture().Digest(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if got.String() != strings.TrimSpace(want) {
			t.Errorf("the picture that is served has another digest (deleted before: %v)", gone)
		}
		if err := c.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// TestTheDigestIsTheSameOnARM64 replays with a binary for another machine.
func TestTheDigestIsTheSameOnARM64(t *testing.T) {
	qemu, err := exec.LookPath("qemu-aarch64")
	if err != nil {
		t.Skip("qemu-aarch64 is not installed: the same record was not replayed on arm64 here")
	}
	if testing.Short() {
		t.Skip("short: a binary for arm64 takes a minute to build")
	}
	dir := demoCopy(t)
	bin := filepath.Join(t.TempDir(), "marchday-arm64")
	build := exec.CommandContext(t.Context(), "go", "build", "-o", bin, ".")
	build.Env = append(os.Environ(), "GOOS=linux", "GOARCH=arm64", "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("build: %v: %s", err, out)
	}
	out, err := exec.CommandContext(t.Context(), qemu, bin, "replay", "--data", dir, "--digest").CombinedOutput()
	if err != nil {
		t.Fatalf("replay on arm64: %v: %s", err, out)
	}
	if want := mustRun(t, "replay", "--data", dir, "--digest"); string(out) != want {
		t.Errorf("arm64 %s, here %s", out, want)
	}
}

// TestABundleShowsEveryFlippedByte flips sampled bytes of an exported bundle.
func TestABundleShowsEveryFlippedByte(t *testing.T) {
	dir := demoCopy(t)
	bundle := filepath.Join(t.TempDir(), "bundle.tar")
	mustRun(t, "export", "--data", dir, "-o", bundle)
	if out := mustRun(t, "verify", bundle); !strings.HasPrefix(out, "holds: ") {
		t.Fatal(out)
	}
	whole, err := os.ReadFile(bundle)
	if err != nil {
		t.Fatal(err)
	}
	samples := 60
	if n, err := strconv.Atoi(os.Getenv("MARCHDAY_FLIPS")); err == nil {
		samples = n
	}
	rng := rand.New(rand.NewPCG(7, 8))
	bad := filepath.Join(t.TempDir(), "bad.tar")
	for range samples {
		at := rng.IntN(len(whole))
		flipped := slices.Clone(whole)
		flipped[at] ^= 1 << rng.IntN(8)
		if err := os.WriteFile(bad, flipped, 0o600); err != nil {
			t.Fatal(err)
		}
		code, _, errs := command(t, "verify", bad)
		if code != exitWrong || errs == "" {
			t.Errorf("byte %d of %d: exit %d %s", at, len(whole), code, errs)
		}
	}
}

// TestAKilledImportIsFinishedByTheNext kills the command at random and imports
// the same file again until it is done: every row is there once.
func TestAKilledImportIsFinishedByTheNext(t *testing.T) {
	dir := demoCopy(t)
	rows := 400
	file := filepath.Join(t.TempDir(), "reports.jsonl")
	var lines strings.Builder
	for i := range rows {
		fmt.Fprintf(&lines, `{"channel":"field","text":"Patrol %d passed the bridge and saw nothing to report."}`+"\n", i)
	}
	if err := os.WriteFile(file, []byte(lines.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	rounds := 6
	if n, err := strconv.Atoi(os.Getenv("MARCHDAY_KILLS")); err == nil {
		rounds = n
	}
	rng := rand.New(rand.NewPCG(9, 10))
	for range rounds {
		cmd := exec.CommandContext(t.Context(), os.Args[0], "import", "jsonl", file, "--data", dir)
		cmd.Env = append(os.Environ(), "MARCHDAY_AS_COMMAND=1")
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Duration(200+rng.IntN(500)) * time.Millisecond)
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		mustRun(t, "verify", dir)
	}
	out := mustRun(t, "import", "jsonl", file, "--data", dir, "--json")
	var done imported
	if err := json.Unmarshal([]byte(out), &done); err != nil {
		t.Fatal(err)
	}
	if done.Taken+done.Again != rows {
		t.Errorf("%d of %d rows are there: %s", done.Taken+done.Again, rows, out)
	}
	if out := mustRun(t, "import", "jsonl", file, "--data", dir, "--json"); !strings.Contains(out, fmt.Sprintf(`"taken":0,"again":%d`, rows)) {
		t.Errorf("a second import had an effect: %s", out)
	}
}

// played plays a dossier up to a time, without closing days.
func played(t *testing.T, files fs.FS, until string) *player {
	t.Helper()
	p, err := newPlayerOf(t.Context(), t.TempDir(), files, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = p.centre.Close() })
	p.render = nil
	var at truce.Instant
	if err := at.UnmarshalText([]byte(until)); err != nil {
		t.Fatal(err)
	}
	if err := p.playTo(t.Context(), at); err != nil {
		t.Fatal(err)
	}
	return p
}

// withoutKinds drops the lines of some kinds from a dossier's file.
func withoutKinds(t *testing.T, name string, kinds ...string) fs.FS {
	t.Helper()
	sub, err := fs.Sub(dossiers.FS, "syria-2016")
	if err != nil {
		t.Fatal(err)
	}
	out := fstest.MapFS{}
	err = fs.WalkDir(sub, ".", func(file string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := fs.ReadFile(sub, file)
		if err != nil {
			return err
		}
		if file == name {
			var keep []string
			for line := range strings.Lines(string(b)) {
				if !slices.ContainsFunc(kinds, func(k string) bool {
					return strings.Contains(line, `"kind":"`+k+`"`) || strings.Contains(line, `"kind": "`+k+`"`)
				}) {
					keep = append(keep, line)
				}
			}
			b = []byte(strings.Join(keep, ""))
		}
		out[file] = &fstest.MapFile{Data: b}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// incidentOf returns the incident that holds the first claim of a report.
func incidentOf(t *testing.T, p *player, ref string) picture.Incident {
	t.Helper()
	name, err := p.lookup(ref)
	if err != nil {
		t.Fatal(err)
	}
	at, err := truce.ParseClaimRef(name)
	if err != nil {
		t.Fatal(err)
	}
	v := p.centre.View(truce.Viewer{Role: truce.Centre})
	c, err := v.Claim(t.Context(), at)
	if err != nil {
		t.Fatal(err)
	}
	i, err := v.Incident(t.Context(), c.Incident)
	if err != nil {
		t.Fatal(err)
	}
	return i
}

func TestMirrorClaimsStayTwoIncidentsWithALink(t *testing.T) {
	p := played(t, withoutKinds(t, "docket.jsonl", "same", "different"), "2016-03-02T12:00:00+02:00")
	from, on := incidentOf(t, p, "I08a#0"), incidentOf(t, p, "I09a#0")
	if from.ID == on.ID {
		t.Fatal("fired from and struck at were merged")
	}
	if len(from.Responses) != 1 || from.Responses[0].Incident != on.ID || len(on.Responses) != 1 || on.Responses[0].Incident != from.ID {
		t.Errorf("links %+v and %+v", from.Responses, on.Responses)
	}
}

func TestViolenceByTheExcludedIsNoPartysViolation(t *testing.T) {
	p := played(t, mustDossier(t), "2016-06-01T00:00:00+03:00")
	i := incidentOf(t, p, "I53b#0")
	if i.Status != picture.Outside {
		t.Errorf("status %s", i.Status)
	}
	for _, act := range i.Acts {
		for _, v := range act.Verdicts {
			if v.Answer != truce.OutsideActor {
				t.Errorf("%s: %s of %s", v.Office, v.Answer, v.Actor)
			}
		}
	}
}

func mustDossier(t *testing.T) fs.FS {
	t.Helper()
	files, err := dossierFS("syria-2016")
	if err != nil {
		t.Fatal(err)
	}
	return files
}

var hashes = regexp.MustCompile(`[0-9a-f]{64}|[0-9a-f]{16}`)

// swapped permutes ids of equal length wherever they stand as whole strings or
// as references, and drops the words, which would tell the sides apart.
func swapped(t *testing.T, swap map[string]string) fs.FS {
	t.Helper()
	sub := mustDossier(t)
	out := fstest.MapFS{}
	var walk func(v any, key string) any
	walk = func(v any, key string) any {
		switch x := v.(type) {
		case string:
			switch key {
			case "text", "note", "why", "title", "alleged", "wording", "url", "act_note", "subject", "publisher_note":
				if strings.HasPrefix(x, "@") {
					return x
				}
				return "words"
			}
			if y, ok := swap[x]; ok && key != "lang" {
				return y
			}
			return x
		case []any:
			for i := range x {
				x[i] = walk(x[i], key)
			}
		case map[string]any:
			for k := range x {
				x[k] = walk(x[k], k)
			}
		}
		return v
	}
	err := fs.WalkDir(sub, ".", func(file string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := fs.ReadFile(sub, file)
		if err != nil {
			return err
		}
		if strings.HasSuffix(file, ".jsonl") || file == "founding.json" {
			var lines []string
			dec := json.NewDecoder(bytes.NewReader(b))
			dec.UseNumber()
			for dec.More() {
				var v map[string]any
				if err := dec.Decode(&v); err != nil {
					return err
				}
				name := v["name"]
				got := walk(v, "").(map[string]any)
				got["name"] = name
				line, err := json.Marshal(got)
				if err != nil {
					return err
				}
				lines = append(lines, string(line))
			}
			b = []byte(strings.Join(lines, "\n") + "\n")
		}
		out[file] = &fstest.MapFile{Data: b}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// bulletinOf computes the canonical bulletin of a day as all offices read it.
func bulletinOf(t *testing.T, p *player, day string) string {
	t.Helper()
	from, to, err := bulletin.Period(p.proc, day)
	if err != nil {
		t.Fatal(err)
	}
	at, err := p.centre.Picture().Position(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	editions, err := bulletin.Editions(t.Context(), bulletin.Input{
		View: p.centre.Picture().View(truce.Viewer{}, at.Size, to), Day: day, From: from, To: to, Origin: demoOrigin, Size: at.Size, Root: at.Root, Langs: []string{"en"},
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range editions {
		if e.Format == "json" {
			return hashes.ReplaceAllString(string(e.Bytes), "HASH")
		}
	}
	t.Fatal("no JSON edition")
	return ""
}

// TestSwappingThePartiesSwapsTheBulletin rebuilds the founding case with the
// parties' names exchanged and reads the bulletin with them exchanged back.
func TestSwappingThePartiesSwapsTheBulletin(t *testing.T) {
	swap := map[string]string{}
	for _, pair := range [][2]string{{"us", "ru"}, {"gov", "hnc"}, {"gov-liaison", "hnc-liaison"}, {"nus", "isl"}, {"aas", "jai"}} {
		swap[pair[0]], swap[pair[1]] = pair[1], pair[0]
	}
	const until, day = "2016-05-05T18:00:00+03:00", "2016-05-05"
	plain := bulletinOf(t, played(t, swapped(t, nil), until), day)
	other := bulletinOf(t, played(t, swapped(t, swap), until), day)
	var v any
	if err := json.Unmarshal([]byte(other), &v); err != nil {
		t.Fatal(err)
	}
	back, err := json.Marshal(swapStrings(v, swap))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal([]byte(plain), &v); err != nil {
		t.Fatal(err)
	}
	want, err := json.Marshal(swapStrings(v, nil))
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(want, back) {
		at := 0
		for at < min(len(want), len(back)) && want[at] == back[at] {
			at++
		}
		t.Errorf("from byte %d on:\n%s\nnot\n%s", at, want[max(0, at-200):min(len(want), at+200)], back[max(0, at-200):min(len(back), at+200)])
	}
}

func swapStrings(v any, swap map[string]string) any {
	switch x := v.(type) {
	case string:
		if y, ok := swap[x]; ok {
			return y
		}
	case []any:
		for i := range x {
			x[i] = swapStrings(x[i], swap)
		}
	case map[string]any:
		out := map[string]any{}
		for k, e := range x {
			if k == "lang" { // a language may be called as an office is
				out[k] = e
				continue
			}
			if y, ok := swap[k]; ok {
				k = y
			}
			out[k] = swapStrings(e, swap)
		}
		return out
	}
	return v
}
