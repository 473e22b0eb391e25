package extract

import (
	"maps"
	"slices"
	"strings"
)

// tagSet is what a word can be, from the dictionaries.
type tagSet uint32

const (
	tagDet tagSet = 1 << iota
	tagPrep
	tagCC      // and, or, but
	tagBe      // forms of be
	tagHave    // forms of have
	tagDo      // forms of do
	tagModal   // will, would, can, may, must
	tagNeg     // not, no, never
	tagTo      // to
	tagThat    // that, introducing a clause
	tagWh      // which, who, where
	tagSub     // after, while, because, if
	tagPron    // he, it, they
	tagAdv     // adverbs that may stand inside a verb group
	tagNoun    // known to be a noun
	tagAdj     // known to be an adjective
	tagBase    // verb, as it is in the dictionary
	tagThird   // verb, third person singular
	tagPast    // verb, past
	tagPart    // verb, past participle
	tagIng     // verb, -ing
	tagTitle   // Mr, General, President
	tagAbbrev  // an abbreviation that takes a point
	tagNumber  // a number word
	tagTime    // a word of time expressions
	tagFuture  // a verb form that is future by itself
	tagPassive // a verb form that is passive by itself
	tagPerson  // a noun for people
	tagCue     // in scripts without capitals: a place name may follow
)

const tagVerb = tagBase | tagThird | tagPast | tagPart | tagIng

func (s tagSet) has(x tagSet) bool { return s&x != 0 }

// wordInfo is what is known of a word of the vocabulary.
type wordInfo struct {
	tags  tagSet
	lemma int32  // of a verb: the id of its dictionary form
	start uint64 // as startOf tells
	heat  heat
}

// category sorts the phrases of the trie.
type category uint8

const (
	catActor category = iota
	catAgent
	catDemonym
	catRole
	catTrigger
	catSet
	catWeapon
	catObject
	catToll
	catGoverns // nouns that put what follows under a stance: need, plan, threat
	catDiscard
	catQual // at least, more than
	categories
)

// catMask is a set of categories.
type catMask uint16

func (m catMask) has(c category) bool { return m>>c&1 != 0 }

// entry is one meaning of a phrase.
type entry struct {
	cat  category
	caps uint8 // 1: written with a capital, 2: in capitals; a text that has both must have them too
	ref  int32 // index into the category's table
}

// trie holds phrases as sequences of words. It is filled with add and walked
// after freeze, when every node is a row of flat tables.
type trie struct {
	next    map[uint64]int32 // while it is filled
	entries [][]entry        // by node, while it is filled
	first   []int32          // by word: node after it, or 0
	kids    []kid            // of all nodes, by node and word
	all     []entry          // of all nodes
	nodes   []trieNode       // one more at the end
}

// trieNode is where the kids and the entries of a node begin.
type trieNode struct{ kids, entries int32 }

// kid is a word that goes on from a node.
type kid struct{ word, node int32 }

func newTrie() trie { return trie{next: map[uint64]int32{}, entries: make([][]entry, 1)} }

func (t *trie) add(words []int32, e entry) {
	node := int32(0)
	for _, w := range words {
		key := uint64(node)<<32 | uint64(uint32(w))
		n, ok := t.next[key]
		if !ok {
			n = int32(len(t.entries))
			t.entries = append(t.entries, nil)
			t.next[key] = n
		}
		node = n
	}
	if !slices.Contains(t.entries[node], e) {
		t.entries[node] = append(t.entries[node], e)
	}
}

// freeze lays the nodes out flat.
func (t *trie) freeze(words int) {
	t.first = make([]int32, words)
	t.kids, t.nodes = make([]kid, 0, len(t.next)), make([]trieNode, len(t.entries)+1)
	node := uint64(0)
	for _, key := range slices.Sorted(maps.Keys(t.next)) {
		if key>>32 == 0 {
			t.first[uint32(key)] = t.next[key]
			continue
		}
		for ; node < key>>32; node++ {
			t.nodes[node+1].kids = int32(len(t.kids))
		}
		t.kids = append(t.kids, kid{int32(uint32(key)), t.next[key]})
	}
	for ; int(node) < len(t.entries); node++ {
		t.nodes[node+1].kids = int32(len(t.kids))
	}
	for n, es := range t.entries {
		t.all = append(t.all, es...)
		t.nodes[n+1].entries = int32(len(t.all))
	}
	t.next, t.entries = nil, nil
}

// at returns the entries of a node.
func (t *trie) at(node int32) []entry {
	return t.all[t.nodes[node].entries:t.nodes[node+1].entries]
}

// after returns the node behind a word, 0 if the trie does not go on with it.
func (t *trie) after(node, word int32) int32 {
	if node == 0 {
		return t.first[word]
	}
	lo, hi := t.nodes[node].kids, t.nodes[node+1].kids
	for hi-lo > 8 {
		if mid := (lo + hi) / 2; t.kids[mid].word <= word {
			lo = mid
		} else {
			hi = mid
		}
	}
	for _, k := range t.kids[lo:hi] {
		if k.word == word {
			return k.node
		}
	}
	return 0
}

// vocabulary numbers words, from 1 on. It is a table of its own because a word
// is sought at every token: the hash is made while the word is read.
type vocabulary struct {
	words []string   // by id
	info  []wordInfo // by id
	slots []wordSlot // by hash; a power of two
}

// wordSlot is a word by its hash; id 0 is free.
type wordSlot struct {
	hash uint32
	id   int32
}

// startBytes are the first bytes of a word that stand with what is known of it: a
// shorter one is told from others without a look at its letters.
const startBytes = 8

func startOf(w string) (start uint64) {
	for i := range min(len(w), startBytes) {
		start |= uint64(w[i]) << (8 * i)
	}
	return start
}

const hashPrime = 16777619

// hashWord mixes the start of a word and goes on with its other bytes.
func hashWord(w string) uint32 {
	return hashOn(hashStart(startOf(w)), w[min(len(w), startBytes):])
}

func hashStart(start uint64) uint32 { return uint32(start * 0x9E3779B97F4A7C15 >> 32) }

func hashOn(h uint32, w string) uint32 {
	for i := range len(w) {
		h = (h ^ uint32(w[i])) * hashPrime
	}
	return h
}

// homeOf spreads a hash over a table of n slots, a power of two.
func homeOf(h uint32, n int) int { return int((h^h>>15)*0x9E3779B1>>8) & (n - 1) }

// find returns the id of a word, 0 if it is unknown.
func (v *vocabulary) find(w string) int32 { return v.findHashed(w, hashWord(w)) }

func (v *vocabulary) findHashed(w string, h uint32) int32 {
	for i := homeOf(h, len(v.slots)); ; i = (i + 1) & (len(v.slots) - 1) {
		if s := v.slots[i]; s.id == 0 || s.hash == h && v.words[s.id] == w {
			return s.id
		}
	}
}

// findLower seeks a word of ASCII letters by its small ones, whose hash and start
// are given.
func (v *vocabulary) findLower(w string, h uint32, start uint64) int32 {
	for i := homeOf(h, len(v.slots)); ; i = (i + 1) & (len(v.slots) - 1) {
		if s := v.slots[i]; s.id == 0 || s.hash == h && v.info[s.id].start == start && (len(w) < startBytes || equalLower(w, v.words[s.id])) {
			return s.id
		}
	}
}

// shortWords remembers the short words that a text had last: most come again
// soon. It belongs to one worker.
type shortWords struct {
	of    *language
	words [512]shortWord
}

type shortWord struct {
	start uint64
	id    int32
}

// findShort is findLower of a word shorter than startBytes.
func (l *language) findShort(w string, h uint32, start uint64, short *shortWords) int32 {
	s := &short.words[h%uint32(len(short.words))]
	if s.start != start {
		s.start, s.id = start, l.findLower(w, h, start)
	}
	return s.id
}

// shortOf returns what is remembered of words of one language.
func (s *shortWords) shortOf(l *language) *shortWords {
	if s.of != l {
		*s = shortWords{of: l}
	}
	return s
}

func equalLower(w, lower string) bool {
	if len(w) != len(lower) {
		return false
	}
	for i := range len(w) {
		c := w[i]
		if isUpper(c) {
			c += 'a' - 'A'
		}
		if c != lower[i] {
			return false
		}
	}
	return true
}

// pack lays the words side by side in one text, so that they are near when they
// are compared.
func (v *vocabulary) pack() {
	all, at := strings.Join(v.words, ""), 0
	for i, w := range v.words {
		v.words[i] = all[at : at+len(w)]
		at += len(w)
	}
}

// add gives a new word its id.
func (v *vocabulary) add(w string) int32 {
	id := int32(len(v.words))
	v.words, v.info = append(v.words, w), append(v.info, wordInfo{start: startOf(w)})
	if 2*len(v.words) > len(v.slots) {
		v.slots = make([]wordSlot, 2*len(v.slots))
		for i := range v.words[1:] {
			v.put(int32(i + 1))
		}
		return id
	}
	v.put(id)
	return id
}

func (v *vocabulary) put(id int32) {
	h := hashWord(v.words[id])
	i := homeOf(h, len(v.slots))
	for v.slots[i].id != 0 {
		i = (i + 1) & (len(v.slots) - 1)
	}
	v.slots[i] = wordSlot{h, id}
}

// language is everything loaded for one language. It never changes after load.
type language struct {
	code  string
	cased bool // the script has capitals
	latin bool // words of ASCII letters are sought as they stand, in small letters
	after bool // the subject may follow its verb freely (Arabic, Russian)
	vocabulary
	trie       trie
	possessive int32
	of         int32
	agents     []agent
	roles      []role
	reports    []report   // by verb lemma
	adverbs    []report   // by word: reportedly
	governs    []governor // by verb lemma
	governors  []governor // of catGoverns
	times      []timeWord
	numbers    []numberWord
	tolls      []toll
	quals      []string
	objects    []string
	weapons    []string
	sets       []string
	frames     []frame
	triggers   []trigger
	verbs      [][]int32         // by verb lemma: triggers
	finished   bool              // nothing is added any more
	statements []bool            // the statement, the report: its speaker spoke last
	lights     []bool            // verbs that only carry a noun: launch an attack
	fills      []slot            // prepositions that fill a slot
	clitic     [3]int32          // the words of Arabic b-, l-, k-
	owners     [2]int32          // its, their
	labels     []cue             // of snippets
	weights    *weighing         // of fillers.tsv, nil without
	seen       *memory[wordForm] // of words in other letters than ASCII
}

// heat is what words can bring about in their sentence.
type heat uint8

const (
	heatOpens   heat = 1 << iota // they can open a frame or report
	heatAdverb                   // they report by themselves: reportedly
	heatSpeaker                  // a speaker follows: according to
	heatOwner                    // its, their
	heatPhrase                   // a phrase of the dictionaries begins with them
	heatQuote                    // they are marks of quotation
	heatPoints                   // they only point inside a place: northern, central
)

func newLanguage(code string) *language {
	l := &language{
		code: code, latin: code != "ru" && code != "uk", cased: code != "ar", after: code == "ar" || code == "ru" || code == "uk",
		vocabulary: vocabulary{slots: make([]wordSlot, 1<<12)}, trie: newTrie(), seen: newMemory[wordForm](1 << 14),
	}
	l.addWord("")
	l.possessive = l.word("'s")
	if code == "ar" {
		l.clitic = [3]int32{l.word("ب"), l.word("ل"), l.word("ك")}
	}
	return l
}

// word returns the id of a word, making one if needed.
func (l *language) word(w string) int32 {
	k := l.key(w)
	if id := l.find(k); id != 0 {
		return id
	}
	return l.addWord(k)
}

// addWord gives a word a row in every table.
func (l *language) addWord(k string) int32 {
	l.reports, l.adverbs, l.governs = append(l.reports, report{}), append(l.adverbs, report{}), append(l.governs, governor{})
	l.times, l.numbers, l.verbs = append(l.times, timeWord{}), append(l.numbers, numberWord{}), append(l.verbs, nil)
	l.statements, l.lights, l.fills = append(l.statements, false), append(l.lights, false), append(l.fills, 0)
	return l.add(k)
}

// tag adds what a word can be.
func (l *language) tag(w string, t tagSet) int32 {
	id := l.word(w)
	l.info[id].tags |= t
	return id
}

// phrase returns the words of a phrase as the tokeniser would cut it.
func (l *language) phrase(s string) []int32 {
	var ids []int32
	for _, k := range l.tokenise(s, nil, nil) {
		switch {
		case k.mark != 0 && k.word == 0:
			continue
		case k.word != 0:
			ids = append(ids, k.word)
		default:
			ids = append(ids, l.word(s[k.start:k.end]))
		}
	}
	return ids
}

// addPhrase puts a phrase with a meaning into the trie. A phrase that is
// written with a capital asks for one in a text that has both.
func (l *language) addPhrase(s string, cat category, ref int32) {
	s = strings.TrimSpace(s)
	if s == "" {
		return
	}
	e := entry{cat: cat, ref: ref}
	if l.cased && startsUpper(s) {
		e.caps = 1
		if len(s) > 1 && len(s) <= 5 && strings.ToUpper(s) == s {
			e.caps = 2
		}
	}
	l.trie.add(l.phrase(s), e)
}

// alternatives parts a list at | and trims it.
func alternatives(s, sep string) []string {
	var out []string
	for a := range strings.SplitSeq(s, sep) {
		if a = strings.TrimSpace(a); a != "" {
			out = append(out, a)
		}
	}
	return out
}
