package web

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	mathbits "math/bits"
	"strconv"
	"strings"
	"sync"

	"github.com/marchday/marchday/truce"
)

// The gate of the anonymous door. Nothing is known of who comes, so nobody can
// be counted; what is bounded is all of them together.
const (
	gateEvery  = 10          // seconds between two reports without proof of work
	gateBurst  = 12          // of them at once, after a quiet time
	gateLine   = 6 * 3600    // seconds that the line of waiting turns may be long
	turnLasts  = 3600        // seconds from the beginning of a turn
	ticketLast = 24 * 3600   // seconds that a form may lie open
	proofBits  = 20          // zero bits that a proof's hash begins with
	maxSpent   = 100_000     // tickets that are remembered as used
	maxUses    = 3           // of one ticket: somebody may send a form twice
	proofChars = 20          // digits of a proof, at most
	gateMAC    = 16          // bytes of a ticket's authenticator
	ticketRand = 16          // random bytes of a ticket
	noTicket   = "no ticket" // see errGate
	lineFull   = "line full"
)

// A gate lets reports in: at once with a proof of work, else in turn. Its
// tickets are good until the process ends.
type gate struct {
	key [32]byte

	mu    sync.Mutex
	free  int64            // when the next turn is free, in seconds
	spent map[string]spent // by ticket
}

type spent struct {
	uses  int
	until int64
}

func newGate() *gate {
	g := &gate{spent: map[string]spent{}}
	rand.Read(g.key[:])
	return g
}

func (g *gate) mac(parts ...string) string {
	h := hmac.New(sha256.New, g.key[:])
	for _, p := range parts {
		h.Write([]byte(strconv.Itoa(len(p)) + ":" + p))
	}
	return base64.RawURLEncoding.EncodeToString(h.Sum(nil)[:gateMAC])
}

// ticket makes what a form carries: a random name, when it ends, and proof that
// it was made here. The time is cut to the hour, and told to nobody else.
func (g *gate) ticket(now truce.Instant) string {
	var b [ticketRand]byte
	rand.Read(b[:])
	name := base64.RawURLEncoding.EncodeToString(b[:])
	until := strconv.FormatInt((int64(now)/3600+1)*3600+ticketLast, 10)
	return name + "." + until + "." + g.mac("ticket", name, until)
}

// once returns a ticket's random name, and when it ends.
func (g *gate) once(ticket string, now truce.Instant) (name string, until int64, ok bool) {
	f := strings.Split(ticket, ".")
	if len(f) != 3 || !hmac.Equal([]byte(f[2]), []byte(g.mac("ticket", f[0], f[1]))) {
		return "", 0, false
	}
	until, err := strconv.ParseInt(f[1], 10, 64)
	return f[0], until, err == nil && int64(now) < until
}

// proves reports whether a number is the proof of work for a ticket:
// SHA-256("ticket:number") begins with proofBits zero bits.
func proves(ticket, proof string) bool {
	if proof == "" || len(proof) > proofChars || strings.Trim(proof, "0123456789") != "" {
		return false
	}
	sum := sha256.Sum256([]byte(ticket + ":" + proof))
	return mathbits.LeadingZeros64(binary.BigEndian.Uint64(sum[:8])) >= proofBits
}

// Proof works out the proof for a ticket: about a million tries.
func Proof(ticket string) string {
	for n := 0; ; n++ {
		if s := strconv.Itoa(n); proves(ticket, s) {
			return s
		}
	}
}

// A pass is the gate's answer.
type pass struct {
	open bool
	why  string        // noTicket, lineFull; else, if not open, wait for the turn
	turn string        // to send along when it has come
	at   truce.Instant // when it comes
}

// admit asks whether a form may be taken in now. What it answers for a turn
// that is early is the same turn again.
func (g *gate) admit(ticket, proof, turn string, now truce.Instant) pass {
	_, until, ok := g.once(ticket, now)
	if !ok {
		return pass{why: noTicket}
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	switch at, ok := g.turnOf(ticket, turn); {
	case proves(ticket, proof) && g.spend(ticket, until, int64(now)):
		return pass{open: true}
	case ok && int64(now) < at:
		return pass{turn: turn, at: truce.Instant(at)}
	case ok && int64(now) < at+turnLasts && g.spend(ticket, until, int64(now)):
		return pass{open: true}
	}
	g.free = max(g.free, int64(now)-gateBurst*gateEvery)
	if g.free <= int64(now) && g.spend(ticket, until, int64(now)) {
		g.free += gateEvery
		return pass{open: true}
	}
	if g.free > int64(now)+gateLine {
		return pass{why: lineFull}
	}
	at := max(g.free, int64(now)+gateEvery)
	g.free = at + gateEvery
	text := strconv.FormatInt(at, 10)
	return pass{turn: text + "." + g.mac("turn", ticket, text), at: truce.Instant(at)}
}

func (g *gate) turnOf(ticket, turn string) (at int64, ok bool) {
	text, mac, found := strings.Cut(turn, ".")
	if !found || !hmac.Equal([]byte(mac), []byte(g.mac("turn", ticket, text))) {
		return 0, false
	}
	at, err := strconv.ParseInt(text, 10, 64)
	return at, err == nil
}

// spend uses a ticket once more, if it has a use left.
func (g *gate) spend(ticket string, until, now int64) bool {
	if len(g.spent) >= maxSpent {
		for t, s := range g.spent {
			if s.until <= now {
				delete(g.spent, t)
			}
		}
	}
	s, known := g.spent[ticket]
	if s.uses >= maxUses || !known && len(g.spent) >= maxSpent {
		return false
	}
	g.spent[ticket] = spent{s.uses + 1, until}
	return true
}

// line is how long somebody without proof waits who comes now.
func (g *gate) line(now truce.Instant) int64 {
	g.mu.Lock()
	defer g.mu.Unlock()
	return max(0, g.free-int64(now))
}
