package record

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// count is a number from the environment, or its default.
func count(t testing.TB, name string, normal int) int {
	t.Helper()
	v := os.Getenv(name)
	if v == "" {
		return normal
	}
	n, err := strconv.Atoi(v)
	if err != nil {
		t.Fatalf("%s=%q is no number", name, v)
	}
	return n
}

// TestMain lets the test binary play the process that is killed.
func TestMain(m *testing.M) {
	if dir := os.Getenv("MARCHDAY_VICTIM"); dir != "" {
		victim(dir, os.Getenv("MARCHDAY_VICTIM_ROUND"), os.Getenv("MARCHDAY_VICTIM_ADDS"))
	}
	os.Exit(m.Run())
}

// victim adds entries with 8 writers and prints a line for each answer, so
// that what it was told is known after its death. adds limits the entries of
// each writer; empty: until killed.
func victim(dir, round, adds string) {
	o := options()
	o.Now, o.Interval = time.Now, 5*time.Millisecond
	if adds == "one" {
		o.Interval = -1 // heads when they are asked for, so that one append is one trace
	}
	l, err := Open(context.Background(), "sqlite:"+dir, o)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(3)
	}
	if adds == "one" {
		one(l)
		if err := l.Close(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(5)
		}
		os.Exit(0)
	}
	// So that the WAL begins anew often in a short life.
	if err := l.submit(context.Background(), func(*sequencer) error { l.st.every = 8; return nil }); err != nil {
		os.Exit(6)
	}
	limit := 1 << 30
	if adds != "" {
		if limit, err = strconv.Atoi(adds); err != nil {
			os.Exit(4)
		}
	}
	var mu sync.Mutex
	var wg sync.WaitGroup
	for w := range 8 {
		wg.Go(func() {
			for i := range limit {
				body := fmt.Appendf(nil, "round %s writer %d body %d %s", round, w, i, strings.Repeat("x", i%700))
				r, err := l.Add(context.Background(), keyFor(body), body)
				for try := 0; try < 20 && (errors.Is(err, ErrBusy) || errors.Is(err, ErrUnknown)); try++ {
					time.Sleep(time.Millisecond)
					r, err = l.Add(context.Background(), keyFor(body), body)
				}
				if err != nil {
					fmt.Fprintln(os.Stderr, err)
					return
				}
				mu.Lock()
				fmt.Printf("%x %d %d\n", r.ID, r.Index, r.RecvAt)
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	if err := l.Close(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(5)
	}
	os.Exit(0)
}

// told is what a victim was answered: its entries by ID.
type told map[[32]byte]Receipt

// hear reads what a victim printed; a last line may be cut off.
func (a told) hear(t testing.TB, out []byte) {
	t.Helper()
	for line := range bytes.Lines(out) {
		var r Receipt
		var id []byte
		if _, err := fmt.Sscanf(string(line), "%x %d %d\n", &id, &r.Index, &r.RecvAt); err != nil || len(id) != 32 || !bytes.HasSuffix(line, []byte("\n")) {
			continue
		}
		a[[32]byte(id)] = r
	}
}

// holds checks that the log in dir has every entry that was acknowledged, at
// its index, without a gap, and that all of it is sound.
func (a told) holds(t testing.TB, dir string) {
	t.Helper()
	o := options()
	o.Now = time.Now
	l, err := Open(t.Context(), "sqlite:"+dir, o)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := l.Close(); err != nil {
			t.Error(err)
		}
	}()
	if err := l.Check(t.Context()); err != nil {
		t.Fatal(err)
	}
	at := map[[32]byte]Receipt{}
	for _, e := range all(t, l, 0) {
		at[sha256.Sum256(e.Body)] = Receipt{Index: e.Index, RecvAt: e.RecvAt}
	}
	if int64(len(at)) != l.Size() {
		t.Errorf("%d entries of %d differ", len(at), l.Size())
	}
	lost := 0
	for id, r := range a {
		if at[id] != r {
			lost++
		}
	}
	if lost > 0 {
		t.Errorf("%d of %d acknowledged entries are lost or moved", lost, len(a))
	}
}

func TestKillLosesNothingAcknowledged(t *testing.T) {
	rounds := count(t, "MARCHDAY_KILLS", 20)
	if testing.Short() {
		rounds = 3
	}
	dir := t.TempDir()
	rng := rand.New(rand.NewPCG(5, uint64(rounds)))
	acknowledged := told{}
	for round := range rounds {
		cmd := exec.CommandContext(t.Context(), os.Args[0])
		cmd.Env = append(os.Environ(), "MARCHDAY_VICTIM="+dir, "MARCHDAY_VICTIM_ROUND="+strconv.Itoa(round))
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		var stderr bytes.Buffer
		cmd.Stderr = &stderr
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		var heard bytes.Buffer
		lines := bufio.NewReader(out)
		first, err := lines.ReadBytes('\n') // it lives; now for a while
		if err != nil {
			t.Fatalf("round %d: no entry was added: %s", round, stderr.String())
		}
		heard.Write(first)
		time.AfterFunc(time.Duration(rng.IntN(100_000))*time.Microsecond, func() { _ = cmd.Process.Kill() })
		if _, err := heard.ReadFrom(lines); err != nil {
			t.Fatal(err)
		}
		_ = cmd.Wait() // it was killed
		acknowledged.hear(t, heard.Bytes())
		acknowledged.holds(t, dir)
		if t.Failed() {
			t.Fatalf("in round %d", round)
		}
	}
	t.Logf("%d kills, %d acknowledged, none lost", rounds, len(acknowledged))
}

// ioCalls are the system calls by which a process reaches files; what else it
// calls is memory, time and its own threads.
const ioCalls = "openat,close,read,write,pread64,pwrite64,fsync,fdatasync,ftruncate,fallocate,lseek,fstat,newfstatat,statx,fcntl,flock,renameat,renameat2,linkat,unlinkat,mkdirat,getdents64,fchmodat"

// appendEnds is a file that the victim looks for, so that a trace shows where its
// append ends. It begins where strace comes in.
const appendEnds = "/marchday-append-ends"

// one adds an entry and publishes a head over it, which is the append that a
// trace is about, after another entry, and before a third.
func one(l *Log) {
	add := func(i int) {
		body := fmt.Appendf(nil, "the entry %d of an append", i)
		r, err := l.Add(context.Background(), keyFor(body), body)
		for try := 0; try < 2 && (errors.Is(err, ErrBusy) || errors.Is(err, ErrUnknown)); try++ {
			time.Sleep(time.Millisecond)
			r, err = l.Add(context.Background(), keyFor(body), body)
		}
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
		} else {
			fmt.Printf("%x %d %d\n", r.ID, r.Index, r.RecvAt)
		}
		if _, err := l.Publish(context.Background()); err != nil {
			fmt.Fprintln(os.Stderr, err)
		}
	}
	add(0)
	runtime.LockOSThread() // strace counts by thread
	letTrace()
	fmt.Println("ready")
	_, _ = os.Stdin.Read(make([]byte, 1))
	add(1)
	_, _ = os.Stat(appendEnds)
	add(2)
}

// ioCall is the nth call of a name that a thread makes, as strace counts them.
type ioCall struct {
	name string
	n    int
}

var tracedCall = regexp.MustCompile(`(?m)^(\d+)\s+(?:<\.\.\. )?([a-z0-9_]+)[( ](.*)$`)

// window lists the calls that the appending thread makes between the two marks,
// and which of them was made to fail.
func window(trace string) (calls []ioCall, struck ioCall) {
	before, _, ended := strings.Cut(trace, appendEnds)
	if !ended {
		return nil, struck
	}
	appender, _, _ := strings.Cut(before[strings.LastIndex(before, "\n")+1:], " ")
	seen := map[string]int{}
	for _, m := range tracedCall.FindAllStringSubmatch(trace, -1) {
		thread, name, rest := m[1], m[2], m[3]
		if strings.Contains(rest, appendEnds) {
			break
		}
		if thread != appender {
			continue
		}
		if !strings.Contains(rest, "resumed>") {
			seen[name]++
			if !strings.HasPrefix(rest, `0, "\n"`) && !strings.HasPrefix(rest, "1, ") { // the word to begin, and the answer
				calls = append(calls, ioCall{name, seen[name]})
			}
		}
		if strings.Contains(rest, "(INJECTED)") {
			struck = ioCall{name, seen[name]}
		}
	}
	return calls, struck
}

// strike runs one append under strace, with options of it, and checks that what
// was acknowledged is there and that the log opens again. It returns the trace.
func strike(t *testing.T, strace string, options ...string) string {
	t.Helper()
	dir, trace := fast(t), filepath.Join(t.TempDir(), "trace")
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, os.Args[0])
	cmd.Env = append(os.Environ(), "MARCHDAY_VICTIM="+dir, "MARCHDAY_VICTIM_ADDS=one", "GOMAXPROCS=1", "GOGC=off")
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	in, err1 := cmd.StdinPipe()
	out, err2 := cmd.StdoutPipe()
	if err := errors.Join(err1, err2, cmd.Start()); err != nil {
		t.Fatal(err)
	}
	lines, heard := bufio.NewReader(out), []byte{}
	for !bytes.HasSuffix(heard, []byte("ready\n")) {
		line, err := lines.ReadBytes('\n')
		if err != nil {
			t.Fatalf("%v %s", err, stderr.String())
		}
		heard = append(heard, line...)
	}
	tracer := exec.CommandContext(ctx, strace, append([]string{"-f", "-s", "80", "-o", trace, "-e", "trace=" + ioCalls, "-p", strconv.Itoa(cmd.Process.Pid)}, options...)...)
	says, err := tracer.StderrPipe()
	if err := errors.Join(err, tracer.Start()); err != nil {
		t.Fatal(err)
	}
	if first, err := bufio.NewReader(says).ReadString('\n'); err != nil || !strings.Contains(first, "attached") {
		_ = cmd.Process.Kill()
		_, _ = cmd.Wait(), tracer.Wait()
		t.Skipf("SKIPPED, not proved: strace may not trace here, ptrace is not allowed: %s %v", first, err)
	}
	_, _ = in.Write([]byte("\n"))
	rest, _ := io.ReadAll(lines)
	_, _ = cmd.Wait(), tracer.Wait() // it may fail; it may not lie, nor hang
	if ctx.Err() != nil {
		t.Errorf("%v: it hangs", options)
	}
	a := told{}
	a.hear(t, append(heard, rest...))
	a.holds(t, dir)
	if t.Failed() {
		t.Fatalf("%v: %d acknowledged; %s", options, len(a), stderr.String())
	}
	b, err := os.ReadFile(trace)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// TestSystemCallsThatFail lists the system calls that one append makes, and lets
// each of them fail in a run of its own: with EIO and ENOSPC by turns, and with
// both where MARCHDAY_FAULTS asks for more. What was acknowledged before and after
// is there, and the log opens again.
func TestSystemCallsThatFail(t *testing.T) {
	if testing.Short() {
		t.Skip("short")
	}
	strace, err := exec.LookPath("strace")
	if err != nil {
		t.Skip("SKIPPED, not proved: no strace here to make system calls fail")
	}
	calls, _ := window(strike(t, strace))
	if len(calls) < 20 {
		t.Fatalf("an append makes %d calls: %v", len(calls), calls)
	}
	kinds, hit, missed := map[string]int{}, 0, []ioCall{}
	for round := range count(t, "MARCHDAY_FAULTS", 1) {
		for i, c := range calls {
			if c.name == "fcntl" && round != 1 && round != 2 { // no local disk refuses a lock so, and SQLite waits seconds for some: two rounds of the soak have them
				continue
			}
			errno := []string{"EIO", "ENOSPC"}[(i+round)%2]
			var struck ioCall
			for try := 0; try < 3 && struck != c; try++ { // strace may or may not count the call in which it found the thread
				n := c.n + []int{0, -1, 1}[try]
				if n > 0 {
					_, struck = window(strike(t, strace, "-e", fmt.Sprintf("inject=%s:error=%s:when=%d", c.name, errno, n)))
				}
			}
			if struck != c {
				missed = append(missed, c)
				continue
			}
			hit++
			kinds[c.name]++
		}
	}
	t.Logf("%d calls of an append failed in turn, each in a run of its own: %v", hit, kinds)
	if len(missed) > 0 {
		t.Errorf("never hit: %v", missed)
	}
}

// block makes the next commits of a log fail, as if the disk refused: a
// deferred foreign key is broken by a trigger and found at COMMIT.
func block(t testing.TB, l *Log, on bool) {
	t.Helper()
	ctx := context.Background()
	stmts := []string{
		`CREATE TABLE parent (x INTEGER PRIMARY KEY)`,
		`CREATE TABLE child (x INTEGER REFERENCES parent (x) DEFERRABLE INITIALLY DEFERRED)`,
		`CREATE TRIGGER block AFTER INSERT ON entry BEGIN INSERT INTO child VALUES (new.idx); END`,
	}
	if !on {
		stmts = []string{`DROP TRIGGER block`, `DROP TABLE child`, `DROP TABLE parent`}
	}
	err := l.submit(ctx, func(*sequencer) error {
		for _, s := range stmts {
			if _, err := l.st.w.ExecContext(ctx, s); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestACommitThatFailsLeavesTheEdgeRight(t *testing.T) {
	o := options()
	var admitted []int64
	var resets []int64
	o.Admit = func(index, _ int64, _ []byte) error { admitted = append(admitted, index); return nil }
	o.Reset = func(size int64) { resets = append(resets, size) }
	l := openTest(t, t.TempDir(), o)
	add(t, l, []byte("a"))
	root, _ := l.Root(t.Context(), 1)
	block(t, l, true)
	for range 3 {
		if _, err := l.Add(t.Context(), keyFor([]byte("b")), []byte("b")); !errors.Is(err, ErrBusy) || !strings.Contains(err.Error(), "FOREIGN KEY") {
			t.Errorf("a commit that failed was answered with %v", err)
		}
		if now, _ := l.Root(t.Context(), l.Size()); l.Size() != 1 || now != root {
			t.Errorf("size %d after a commit that failed", l.Size())
		}
	}
	if fmt.Sprint(admitted) != "[0 1 1 1]" || fmt.Sprint(resets) != "[1 1 1]" {
		t.Errorf("admitted %v, reset to %v", admitted, resets)
	}
	if es := all(t, l, 0); len(es) != 1 {
		t.Errorf("reads see %d entries", len(es))
	}
	block(t, l, false)
	if r := add(t, l, []byte("b")); r.Index != 1 || r.Duplicate {
		t.Errorf("the same again when the disk is well: %+v", r)
	}
	if err := l.Check(t.Context()); err != nil {
		t.Error(err)
	}
}

// The answer of COMMIT is lost: only the store knows what happened.
func TestACommitWhoseAnswerIsLost(t *testing.T) {
	o := options()
	resets := 0
	o.Admit = func(int64, int64, []byte) error { return nil }
	o.Reset = func(int64) { resets++ }
	l := openTest(t, t.TempDir(), o)
	add(t, l, []byte("a"))
	for _, happened := range []bool{true, false} {
		body := fmt.Appendf(nil, "lost %v", happened)
		size := l.Size()
		err := l.submit(t.Context(), func(s *sequencer) error {
			p := &pending{key: keyFor(body), id: sha256.Sum256(body), body: body, index: size, recvAt: s.edge.last, leaf: leafHash(s.edge.last, body)}
			s.stale = true
			next := s.edge
			var err error
			if p.hashes, err = next.grow(p.leaf); err != nil {
				return err
			}
			root, err := next.root()
			if err != nil {
				return err
			}
			if happened {
				err := l.st.tx(context.Background(), func() error {
					if err := s.fence(context.Background(), next.size, root[:]); err != nil {
						return err
					}
					return l.st.insertBatch(context.Background(), []*pending{p})
				})
				if err != nil {
					return err
				}
			}
			got := s.outcome(context.Background(), next, root, errors.New("connection reset"))
			if happened != (got == nil) || !happened && !errors.Is(got, ErrBusy) {
				t.Errorf("happened %v, told %v", happened, got)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		r := add(t, l, body)
		if r.Index != size || r.Duplicate != happened {
			t.Errorf("happened %v, the retry gives %+v", happened, r)
		}
	}
	if resets != 1 {
		t.Errorf("%d resets, want 1: for the one that did not happen", resets)
	}
	if err := l.Check(t.Context()); err != nil {
		t.Error(err)
	}
}

// While the store cannot be opened, callers are told that the outcome is
// unknown; when it can, the same key tells.
func TestAStoreThatIsGoneForAWhile(t *testing.T) {
	dir := t.TempDir()
	l := openTest(t, dir, options())
	add(t, l, []byte("a"))
	block(t, l, true)
	away := filepath.Join(dir, "away")
	move := func(from, to string) {
		for _, f := range []string{"record.db", "record.db-wal", "record.db-shm"} {
			if err := os.Rename(filepath.Join(from, f), filepath.Join(to, f)); err != nil && !errors.Is(err, os.ErrNotExist) {
				t.Fatal(err)
			}
		}
	}
	if err := os.MkdirAll(away, 0o700); err != nil {
		t.Fatal(err)
	}
	move(dir, away)
	if err := os.MkdirAll(filepath.Join(dir, "record.db"), 0o700); err != nil { // nothing can be opened in its place
		t.Fatal(err)
	}
	if _, err := l.Add(t.Context(), keyFor([]byte("b")), []byte("b")); !errors.Is(err, ErrUnknown) {
		t.Errorf("told %v", err)
	}
	if _, err := l.Add(t.Context(), keyFor([]byte("c")), []byte("c")); !errors.Is(err, ErrBusy) {
		t.Errorf("told %v", err)
	}
	if err := os.Remove(filepath.Join(dir, "record.db")); err != nil {
		t.Fatal(err)
	}
	move(away, dir)
	block(t, l, false)
	if r := add(t, l, []byte("b")); r.Index != 1 {
		t.Errorf("afterwards: %+v", r)
	}
}

// snapshot copies the files of a log that is running, as a crash leaves them.
func snapshot(t testing.TB, from, to string) {
	t.Helper()
	if err := os.CopyFS(to, os.DirFS(from)); err != nil {
		t.Fatal(err)
	}
	_ = os.Remove(filepath.Join(to, "record.db-shm"))
}

func TestFlippedBitsOfTheStoreAreNotServedInSilence(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "log")
	l := openTest(t, dir, options())
	fill(t, l, 0, 150)
	publish(t, l)
	if err := l.submit(t.Context(), func(*sequencer) error { // half of it in the file, half in the WAL
		_, err := l.st.w.ExecContext(t.Context(), `PRAGMA wal_checkpoint(TRUNCATE)`)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	fill(t, l, 150, 300)
	publish(t, l)
	want := all(t, l, 0)
	clean := filepath.Join(t.TempDir(), "clean")
	snapshot(t, dir, clean)
	rng := rand.New(rand.NewPCG(7, 8))
	found := 0
	flips := count(t, "MARCHDAY_FLIPS", 200)
	if testing.Short() {
		flips = 10
	}
	for range flips {
		bad := filepath.Join(t.TempDir(), "bad")
		snapshot(t, clean, bad)
		file := filepath.Join(bad, []string{"record.db", "record.db-wal"}[rng.IntN(2)])
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		at := rng.IntN(len(data))
		if rng.IntN(5) == 0 {
			data = data[:at]
		} else {
			data[at] ^= 1 << rng.IntN(8)
		}
		if err := os.WriteFile(file, data, 0o600); err != nil {
			t.Fatal(err)
		}
		if whatIsServed(t, bad, want, file, at) {
			found++
		}
		if err := os.RemoveAll(bad); err != nil {
			t.Fatal(err)
		}
	}
	t.Logf("%d flips were found, the others did no harm", found)
}

// whatIsServed opens an altered store and fails the test if it gives out
// anything else than what was stored. It reports whether the fault was found.
func whatIsServed(t testing.TB, dir string, want []Entry, file string, at int) bool {
	t.Helper()
	l, err := Open(t.Context(), "sqlite:"+dir, options())
	if err != nil {
		return true
	}
	defer l.Close() // a damaged store need not close well
	published, err := os.ReadFile(filepath.Join(dir, "tiles", "checkpoint"))
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for e, err := range l.Entries(t.Context(), 0) {
		if err != nil {
			return true
		}
		if n >= len(want) || e.RecvAt != want[n].RecvAt || !bytes.Equal(e.Body, want[n].Body) {
			t.Errorf("%s altered at %d: entry %d is served as %d %q", file, at, n, e.RecvAt, e.Body)
		}
		n++
	}
	if n == len(want) {
		if _, err := l.Publish(t.Context()); err != nil { // as every process does first
			return true
		}
		if again, err := l.Tile(t.Context(), "checkpoint"); err != nil || !bytes.Equal(again, published) {
			t.Errorf("%s altered at %d: the head is served otherwise than it was published: %v", file, at, err)
		}
	}
	for _, path := range []string{"tile/0/000", "tile/entries/000"} {
		data, err := l.Tile(t.Context(), path)
		if err != nil {
			return true
		}
		whole, err := os.ReadFile(filepath.Join(dir, "tiles", filepath.FromSlash(path)))
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(data, whole) {
			t.Errorf("%s altered at %d: %s is served otherwise than it was published", file, at, path)
		}
	}
	if n < len(want) { // the WAL was cut: the published head must shut the door
		if _, err := l.Add(t.Context(), [32]byte{1}, []byte("new")); !errors.Is(err, ErrBehind) {
			t.Errorf("%s altered at %d: %d entries of %d are there, and Add says %v", file, at, n, len(want), err)
		}
		return true
	}
	return l.Check(t.Context()) != nil
}

func TestADamagedHeadFileIsNoReasonToStop(t *testing.T) {
	dir := t.TempDir()
	l := openTest(t, dir, options())
	add(t, l, []byte("a"))
	h := publish(t, l)
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, "tiles", "checkpoint")
	if err := os.WriteFile(file, bytes.Repeat([]byte("x"), len(h.Note)), 0o600); err != nil {
		t.Fatal(err)
	}
	l = openTest(t, dir, options())
	add(t, l, []byte("b"))
	if h := publish(t, l); h.Size != 2 {
		t.Errorf("head of %d", h.Size)
	}
	if _, _, err := Verify(t.Context(), dir, *l.policy.Load(), Visit{}); err != nil {
		t.Error(err)
	}
}

func TestAForkedStoreIsNeverSigned(t *testing.T) {
	dir := t.TempDir()
	l := openTest(t, dir, options())
	fill(t, l, 0, 5)
	published := publish(t, l)
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	other := t.TempDir() // the same key and origin, another history
	m := openTest(t, other, options())
	fill(t, m, 10, 16)
	if err := m.Compare(t.Context(), published.Note); !errors.Is(err, ErrFork) {
		t.Errorf("compare with another history: %v", err)
	}
	if err := m.Close(); err != nil {
		t.Fatal(err)
	}
	o := options()
	o.Seen = [][]byte{published.Note}
	if _, err := Open(t.Context(), "sqlite:"+other, o); !errors.Is(err, ErrFork) {
		t.Errorf("opened a fork: %v", err)
	}
	empty := openTest(t, t.TempDir(), o) // an empty disk
	if _, err := empty.Add(t.Context(), [32]byte{1}, []byte("x")); !errors.Is(err, ErrBehind) {
		t.Errorf("an empty disk behind a published head: Add says %v", err)
	}
	if _, err := empty.Publish(t.Context()); !errors.Is(err, ErrBehind) {
		t.Errorf("an empty disk behind a published head: Publish says %v", err)
	}
}
