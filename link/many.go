package link

// The batches between the steps of AddAll, and how many claims are in one.
const (
	batchSize = 128
	batches   = 8
)

// flow is a part of a batch, looked for and to be placed.
type flow struct {
	part  []arrival
	whole []arrival // the batch, for claims to come, where this is its end
}

// AddAll is Add of every item in turn, with the same result, on as many cores as
// the three steps of a placement can use: one goroutine reads words and names,
// one looks for candidates, and this one places, and calls each with every
// item's number, placement and error. Until it returns the items must not
// change, and each must not call the linker.
func (l *Linker) AddAll(items []Item, each func(i int, pl Placement, err error)) {
	l.p.reserve(int32(len(items)))
	spare, read, looked, placed := make(chan []arrival, batches), make(chan []arrival, batches), make(chan flow, batches), make(chan struct{})
	for range batches {
		spare <- make([]arrival, batchSize)
	}
	go l.readAll(items, spare, read)
	go l.p.lookAll(read, looked, placed)
	n := 0
	for f := range looked {
		for i := range f.part {
			pl, err := l.finish(&f.part[i])
			each(n, pl, err)
			n++
		}
		if f.whole == nil {
			placed <- struct{}{}
		} else {
			spare <- f.whole
		}
	}
}

func (l *Linker) readAll(items []Item, spare <-chan []arrival, read chan<- []arrival) {
	defer close(read)
	for len(items) > 0 {
		b := (<-spare)[:min(batchSize, len(items))]
		for i := range b {
			a := &b[i]
			a.begin(&items[i])
			if a.err = l.refuse(a.it); a.err == nil {
				l.p.read(a)
			}
		}
		items = items[len(b):]
		read <- b
	}
}

func (p *Partition) lookAll(read <-chan []arrival, looked chan<- flow, placed <-chan struct{}) {
	defer close(looked)
	for b := range read {
		sent := 0
		for i := range b {
			if b[i].err != nil {
				continue
			}
			p.look(&b[i], func() { // those before it go first
				looked <- flow{part: b[sent:i]}
				<-placed
				sent = i
			})
		}
		looked <- flow{b[sent:], b}
	}
}

// reserve prepares for n more claims, so that what one step reads does not move
// while another adds.
func (p *Partition) reserve(n int32) {
	all := p.claims.n + n
	p.spots.reserve(all)
	p.claims.reserve(all)
	p.seats.reserve(all)
	p.mores.reserve(all)
	p.stating.blocks.reserve(all>>6 + 1)
	p.refs.reserve(all)
	for _, s := range []*sets{&p.words.bys, &p.words.sides, &p.words.victims} {
		s.lists.reserve(s.lists.n + n)
	}
}
