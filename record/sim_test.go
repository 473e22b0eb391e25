package record

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"
)

// A world is one centre, two capitals with two witnesses and a mirror each, a
// third mirror, and twenty field nodes on a bad network, moved step by step by
// one seed in a bubble of synctest, whose clock is the network's. Messages are
// lost, repeated, delayed and overtaken; links are cut, and whole capitals;
// clocks are wrong by a day; centre and nodes crash, and their disks are set back
// to a backup. What must hold is in check.
type world struct {
	t     *testing.T
	rng   *rand.Rand
	dir   string
	skew  time.Duration // of the centre's clock
	loss  int           // of five messages
	nodes []*fieldNode
	mail  []func() // on the way, to arrive in any order
	log   *Log
	wits  []*Witness
	mirs  []*Log
	cut   map[string]bool // links that are down
	late  [][]byte        // requests to witnesses, to be repeated later
	backs int             // backups made

	heads map[int64][32]byte // root of every head that the centre has signed
}

// A fieldNode is an outbox: what it filed, in order, each kept until a mirror
// has it, and what the centre told it of each.
type fieldNode struct {
	link   string
	skew   time.Duration
	filed  []outgoing
	letGo  int // the first so many are kept by others
	handed int // the first so many were acknowledged
}

type outgoing struct {
	key   [32]byte
	body  []byte
	acked bool
	index int64
}

// simPolicy: each of two capitals has two witnesses; both sides make the joint head.
func simPolicy() string {
	s := "log " + vkeyFor(testOrigin, algEd25519) + "\n"
	for _, w := range []string{"us-1", "us-2", "ru-1", "ru-2"} {
		s += "witness " + w + " " + vkeyFor(w+".example", algCosignV1) + "\n"
	}
	for i := range 3 {
		s += fmt.Sprintf("witness m-%d %s\n", i, vkeyFor(fmt.Sprintf("mirror-%d.example", i), algCosignV1))
	}
	return s + "group US any us-1 us-2\ngroup RU any ru-1 ru-2\ngroup joint all US RU\nquorum joint\n"
}

// fast is a folder in memory where there is one: the simulation is not about disks.
func fast(t *testing.T) string {
	if dir, err := os.MkdirTemp("/dev/shm", "marchday-sim-"); err == nil {
		t.Cleanup(func() { _ = os.RemoveAll(dir) })
		return dir
	}
	return t.TempDir()
}

func newWorld(t *testing.T, seed uint64) *world {
	w := &world{
		t: t, rng: rand.New(rand.NewPCG(seed, 77)), dir: fast(t), loss: 1,
		cut: map[string]bool{}, heads: map[int64][32]byte{},
	}
	for i := range 20 {
		w.nodes = append(w.nodes, &fieldNode{link: fmt.Sprint("f", i), skew: time.Duration(w.rng.IntN(49)-24) * time.Hour})
	}
	w.start(nil)
	for i, name := range []string{"us-1", "us-2", "ru-1", "ru-2"} {
		wit, err := OpenWitness(context.Background(), WitnessOptions{
			Dir: filepath.Join(w.dir, name), Name: name + ".example", Signer: keyOf(name + ".example"),
			Now:  func() time.Time { return time.Now().Add(time.Duration(i-2) * 8 * time.Hour) },
			Logs: "log " + vkeyFor(testOrigin, algEd25519) + "\nquorum none\n",
		})
		if err != nil {
			t.Fatal(err)
		}
		w.wits = append(w.wits, wit)
	}
	for i := range 3 {
		o := options()
		o.Name = fmt.Sprintf("mirror-%d.example", i)
		o.Signer, o.Policy = keyOf(o.Name), simPolicy()
		m, err := Open(context.Background(), "sqlite:"+filepath.Join(w.dir, o.Name), o)
		if err != nil {
			t.Fatal(err)
		}
		w.mirs = append(w.mirs, m)
	}
	return w
}

// start opens the centre's log; seen are the heads that peers have shown.
func (w *world) start(seen [][]byte) {
	o := options()
	o.Policy, o.Seen = simPolicy(), seen
	o.Now = func() time.Time { return time.Now().Add(w.skew) }
	l, err := Open(context.Background(), "sqlite:"+filepath.Join(w.dir, "centre"), o)
	if err != nil {
		w.t.Fatal(err)
	}
	w.log = l
}

func (w *world) stop() {
	_ = w.log.Close()
	for _, m := range w.mirs {
		_ = m.Close()
	}
	for _, x := range w.wits {
		_ = x.Close()
	}
}

var errLost = errors.New("lost on the way")

// lost is the network: a cut link, or one message in five.
func (w *world) lost(link string) bool { return w.cut[link] || w.rng.IntN(5) < w.loss }

// capitals are the links of either side: its witnesses, its mirror, its people.
func capitals() [2][]string {
	us, ru := []string{"w0", "w1", "m0"}, []string{"w2", "w3", "m1"}
	for i := range 10 {
		us, ru = append(us, fmt.Sprint("f", i)), append(ru, fmt.Sprint("f", 10+i))
	}
	return [2][]string{us, ru}
}

// step does one thing.
func (w *world) step() {
	time.Sleep(time.Duration(w.rng.IntN(60_000)) * time.Millisecond)
	switch n := w.rng.IntN(100); {
	case n < 34:
		w.file(w.nodes[w.rng.IntN(len(w.nodes))])
	case n < 42:
		w.deliver()
	case n < 55:
		w.publish()
	case n < 70:
		w.ask(w.rng.IntN(len(w.wits)))
	case n < 84:
		w.pull(w.rng.IntN(len(w.mirs)))
	case n < 88:
		link := fmt.Sprint([]string{"w", "m", "f"}[w.rng.IntN(3)], w.rng.IntN(20))
		w.cut[link] = !w.cut[link]
	case n < 90:
		cut := w.rng.IntN(2) == 0 // one capital goes, or comes back
		for _, link := range capitals()[w.rng.IntN(2)] {
			w.cut[link] = cut
		}
	case n < 92:
		w.skew = time.Duration(w.rng.IntN(49)-24) * time.Hour
	case n < 94:
		w.repeat()
	case n < 95:
		n := w.nodes[w.rng.IntN(len(w.nodes))] // its disk is set back: it forgets what it was told
		for i := n.letGo; i < len(n.filed); i++ {
			n.filed[i].acked = false
		}
		n.handed = n.letGo
	case n < 96:
		w.backup()
	case n < 98:
		w.crash()
	default:
		w.setBack()
	}
}

// file has a node write one to three statements down, and hand over what it has.
func (w *world) file(n *fieldNode) {
	for range 1 + w.rng.IntN(3) {
		body := fmt.Appendf(nil, "%s statement %d at %s", n.link, len(n.filed), time.Now().Add(n.skew).UTC().Format(time.RFC3339))
		n.filed = append(n.filed, outgoing{key: keyFor(body), body: body})
	}
	w.sync(n)
}

// sync hands over in order, until the link fails, and lets go of what mirrors
// keep. A message may be lost, or arrive later, behind others, perhaps twice.
func (w *world) sync(n *fieldNode) {
	for i := n.handed; i < len(n.filed); i++ {
		arrive := func() bool { return w.take(n, i) }
		switch {
		case w.lost(n.link):
			return
		case w.rng.IntN(8) == 0 && w.loss > 0:
			for range 1 + w.rng.IntN(2) {
				w.mail = append(w.mail, func() { arrive() })
			}
			return
		case !arrive() || w.lost(n.link): // the answer is lost
			return
		}
		n.filed[i].acked, n.handed = true, i+1
	}
	for n.letGo < n.handed && n.filed[n.letGo].index < w.ahead() {
		n.letGo++
	}
}

// take is the centre: it takes a statement in, once, however often it comes.
func (w *world) take(n *fieldNode, i int) bool {
	x := &n.filed[i]
	r, err := w.log.Add(context.Background(), x.key, x.body)
	if err != nil {
		if !errors.Is(err, ErrBehind) {
			w.t.Fatalf("add: %v", err)
		}
		return false
	}
	if x.acked && x.index != r.Index {
		w.t.Errorf("%q was acknowledged at %d and then at %d", x.body, x.index, r.Index)
	}
	x.index = r.Index
	return true
}

// deliver lets one late message arrive.
func (w *world) deliver() {
	if len(w.mail) == 0 {
		return
	}
	i := w.rng.IntN(len(w.mail))
	arrive := w.mail[i]
	w.mail = append(w.mail[:i], w.mail[i+1:]...)
	arrive()
}

func (w *world) publish() {
	h, err := w.log.Publish(context.Background())
	if errors.Is(err, ErrBehind) {
		return
	}
	if err != nil {
		w.t.Fatalf("publish: %v", err)
	}
	if root, ok := w.heads[h.Size]; ok && root != h.Root {
		w.t.Errorf("two heads were signed at size %d", h.Size)
	}
	w.heads[h.Size] = h.Root
}

// ask brings the newest head to a witness; request or answer may be lost.
func (w *world) ask(i int) {
	link := fmt.Sprint("w", i)
	name := []string{"us-1", "us-2", "ru-1", "ru-2"}[i]
	_, err := w.log.Ask(context.Background(), name, func(ctx context.Context, body []byte) (int, []byte, error) {
		if w.lost(link) {
			return 0, nil, errLost
		}
		if len(w.late) < 20 {
			w.late = append(w.late, bytes.Clone(body))
		}
		status, answer, err := poster(w.wits[i])(ctx, body)
		if w.lost(link) {
			return 0, nil, errLost
		}
		return status, answer, err
	})
	if errors.Is(err, ErrFork) {
		w.t.Errorf("witness %s sees a fork: %v", name, err)
	}
}

// repeat delivers an old request once more, to any witness.
func (w *world) repeat() {
	if len(w.late) == 0 {
		return
	}
	i := w.rng.IntN(len(w.wits))
	if _, _, err := poster(w.wits[i])(context.Background(), w.late[w.rng.IntN(len(w.late))]); err != nil {
		w.t.Fatal(err)
	}
}

// pull brings a mirror up to the centre, as far as the link allows.
func (w *world) pull(i int) {
	link := fmt.Sprint("m", i)
	_, err := w.mirs[i].Pull(context.Background(), func(ctx context.Context, path string) ([]byte, error) {
		if w.lost(link) {
			return nil, errLost
		}
		return w.log.Tile(ctx, path)
	})
	if errors.Is(err, ErrFork) {
		w.t.Errorf("mirror %d sees a fork: %v", i, err)
	}
}

// backup keeps a copy of the centre's store.
func (w *world) backup() {
	dir := filepath.Join(w.dir, fmt.Sprint("backup-", w.backs))
	if err := os.MkdirAll(dir, 0o700); err != nil {
		w.t.Fatal(err)
	}
	if _, err := w.log.st.rd.ExecContext(context.Background(), `VACUUM INTO '`+filepath.Join(dir, "record.db")+`'`); err != nil {
		w.t.Fatal(err)
	}
	w.backs++
}

// crash stops the centre in the middle and starts it again.
func (w *world) crash() {
	if err := w.log.Close(); err != nil {
		w.t.Fatal(err)
	}
	w.start(nil)
}

// setBack loses the centre's disk and restores a backup, or nothing. The
// operator first hears every witness and mirror, as the manual asks, and then
// pulls from the mirror that is furthest ahead. What no mirror has is lost with
// the disk: clients send it again, unless it was cosigned; then the centre
// stays shut until a mirror brings it back.
func (w *world) setBack() {
	if w.backs == 0 || w.mirs[0].Size() == 0 {
		return
	}
	if w.ahead() < w.highest() {
		return // a head is out that no mirror has: this origin would be frozen, and the story ends
	}
	if err := w.log.Close(); err != nil {
		w.t.Fatal(err)
	}
	centre := filepath.Join(w.dir, "centre")
	if err := os.RemoveAll(centre); err != nil {
		w.t.Fatal(err)
	}
	if w.rng.IntN(3) > 0 {
		if err := os.CopyFS(centre, os.DirFS(filepath.Join(w.dir, fmt.Sprint("backup-", w.rng.IntN(w.backs))))); err != nil {
			w.t.Fatal(err)
		}
	}
	var seen [][]byte
	for _, wit := range w.wits {
		if h, err := wit.Head(context.Background(), testOrigin); err == nil {
			seen = append(seen, h.Note)
		}
	}
	var best *Log
	for _, m := range w.mirs {
		if head, err := m.Tile(context.Background(), "checkpoint"); err == nil {
			seen = append(seen, head)
		}
		if best == nil || m.Size() > best.Size() {
			best = m
		}
	}
	w.start(seen)
	if _, err := w.log.Pull(context.Background(), best.Tile); err != nil && !errors.Is(err, ErrNotFound) {
		w.t.Fatalf("roll forward: %v", err)
	}
	for _, n := range w.nodes { // what no mirror had is lost with the disk, and its node, which kept it, hears so
		for i := range n.filed {
			x := &n.filed[i]
			if x.acked && x.index >= w.log.Size() {
				if x.acked = false; i < n.letGo {
					w.t.Errorf("%q was let go of and is lost", x.body)
				}
				n.handed = min(n.handed, i)
			}
		}
	}
}

// ahead is how far the mirrors are together; highest the last head signed.
func (w *world) ahead() (n int64) {
	for _, m := range w.mirs {
		n = max(n, m.Size())
	}
	return n
}

func (w *world) highest() (n int64) {
	for size := range w.heads {
		n = max(n, size)
	}
	return n
}

// heal mends the network; then everything must get through, and agree.
func (w *world) heal() {
	w.cut, w.loss = map[string]bool{}, 0
	for len(w.mail) > 0 {
		w.deliver()
	}
	for _, n := range w.nodes {
		w.sync(n)
	}
	w.publish()
	for range 20 {
		for i := range w.wits {
			w.ask(i)
		}
		for i := range w.mirs {
			w.pull(i)
		}
		if _, joint, err := w.log.Checkpoint(context.Background()); err == nil && joint.Size == w.log.Size() && w.mirs[0].Size() == joint.Size &&
			w.mirs[1].Size() == joint.Size && w.mirs[2].Size() == joint.Size {
			for _, n := range w.nodes {
				w.sync(n)
			}
			w.check()
			return
		}
	}
	w.t.Errorf("after healing: centre %d, mirrors %d %d %d", w.log.Size(), w.mirs[0].Size(), w.mirs[1].Size(), w.mirs[2].Size())
}

// check: one history; every head ever signed is of it; what was acknowledged is
// at its index; no witness has evidence against an honest centre.
func (w *world) check() {
	ctx := context.Background()
	for size, want := range w.heads {
		got, err := w.log.Root(ctx, size)
		if err != nil || got != want {
			w.t.Errorf("the head signed at size %d is not of the history that remains (%v)", size, err)
		}
	}
	w.checkNodes(ctx)
	for i, m := range w.mirs {
		a, _ := w.log.Root(ctx, w.log.Size())
		if b, err := m.Root(ctx, w.log.Size()); err != nil || a != b {
			w.t.Errorf("mirror %d has another root (%v)", i, err)
		}
		if i == w.rng.IntN(len(w.mirs)) { // its whole store; one stands for the others, which have its root
			if err := m.Check(ctx); err != nil {
				w.t.Errorf("mirror %d: %v", i, err)
			}
		}
	}
	for i, wit := range w.wits {
		if es, err := wit.Evidence(ctx); err != nil || len(es) > 0 {
			w.t.Errorf("witness %d has %d pieces of evidence against an honest centre (%v)", i, len(es), err)
		}
	}
}

// checkNodes: every statement that a node ever filed is on the record once, at
// the index that the node was told, and mirrored, so the node may let go of it.
func (w *world) checkNodes(ctx context.Context) {
	filed := int64(0)
	for _, n := range w.nodes {
		filed += int64(len(n.filed))
		for _, x := range n.filed {
			if f, err := w.log.Find(ctx, x.key); err != nil || !x.acked || f.Index != x.index {
				w.t.Errorf("%q: acknowledged %v at %d, found at %d: %v", x.body, x.acked, x.index, f.Index, err)
			}
		}
		if n.letGo != len(n.filed) {
			w.t.Errorf("%s keeps %d statements though mirrors have all", n.link, len(n.filed)-n.letGo)
		}
	}
	if filed != w.log.Size() {
		w.t.Errorf("%d statements were filed, the record has %d", filed, w.log.Size())
	}
}

// TestSimulation runs worlds by their seeds; MARCHDAY_SEED runs one alone.
func TestSimulation(t *testing.T) {
	seeds := count(t, "MARCHDAY_SEEDS", 200)
	if testing.Short() {
		seeds = 3
	}
	first := count(t, "MARCHDAY_SEED", 0)
	if os.Getenv("MARCHDAY_SEED") != "" {
		seeds = 1
	}
	for seed := first; seed < first+seeds; seed++ {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(t, uint64(seed))
			for range 60 {
				w.step()
			}
			w.heal()
			w.stop()
		})
		if t.Failed() {
			t.Fatalf("seed %d: run again with MARCHDAY_SEED=%d", seed, seed)
		}
	}
}

// An hour passes in no time: heads come at most once a second, and soon.
func TestHeadsComeAtMostOncePerInterval(t *testing.T) {
	dir := fast(t)
	synctest.Test(t, func(t *testing.T) {
		o := options()
		o.Now, o.Interval = time.Now, time.Second
		l, err := Open(context.Background(), "sqlite:"+dir, o)
		if err != nil {
			t.Fatal(err)
		}
		start := time.Now()
		for i := range 50 {
			b := bodyOf(i)
			if _, err := l.Add(context.Background(), keyFor(b), b); err != nil {
				t.Error(err)
			}
			time.Sleep(100 * time.Millisecond)
		}
		took := time.Since(start)
		time.Sleep(time.Hour)
		signed, _, err := l.Checkpoint(context.Background())
		if err != nil || signed.Size != 50 {
			t.Errorf("after an hour the head has size %d: %v", signed.Size, err)
		}
		rs, err := l.st.rd.QueryContext(context.Background(), `SELECT size FROM checkpoint`)
		if err != nil {
			t.Fatal(err)
		}
		sizes, err := ints(rs)
		if err != nil {
			t.Fatal(err)
		}
		if most := int(took/time.Second) + 2; len(sizes) > most || len(sizes) < 3 {
			t.Errorf("%d heads in %v, want at most %d", len(sizes), took, most)
		}
		if err := l.Close(); err != nil {
			t.Error(err)
		}
	})
}
