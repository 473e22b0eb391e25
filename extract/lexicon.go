package extract

import (
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
	lemma int32 // of a verb: the id of its dictionary form
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

// entry is one meaning of a phrase.
type entry struct {
	cat  category
	caps uint8 // 1: written with a capital, 2: in capitals; a text that has both must have them too
	ref  int32 // index into the category's table
}

// trie holds phrases as sequences of words.
type trie struct {
	next    map[uint64]int32
	entries [][]entry // by node
	first   []int32   // by word: node after it, or 0
}

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

// freeze makes the table of first words.
func (t *trie) freeze(words int) {
	t.first = make([]int32, words)
	for key, n := range t.next {
		if key>>32 == 0 && int(key) < words {
			t.first[uint32(key)] = n
		}
	}
}

// language is everything loaded for one language. It never changes after load.
type language struct {
	code       string
	cased      bool // the script has capitals
	after      bool // the subject may follow its verb freely (Arabic, Russian)
	vocab      map[string]int32
	words      []string
	info       []wordInfo
	trie       trie
	possessive int32
	agents     []agent
	roles      []role
	reports    map[int32]report // by verb lemma
	governs    map[int32]governor
	governors  []governor // of catGoverns
	times      map[int32]timeWord
	numbers    map[int32]numberWord
	tolls      []toll
	quals      []string
	objects    []string
	weapons    []string
	sets       []string
	frames     []frame
	triggers   []trigger
	verbs      map[int32][]int32 // verb lemma -> triggers
	hot        []bool            // by word: it can open a frame or report
	statements map[int32]bool    // the statement, the report: its speaker spoke last
	lights     map[int32]bool    // verbs that only carry a noun: launch an attack
	slots      map[int32]slot    // prepositions that fill a slot
	clitic     [3]int32          // the words of Arabic b-, l-, k-
	labels     []cue             // of snippets
	weights    *weighing         // of fillers.tsv, nil without
	seen       wordMemo          // of words in other letters than ASCII
}

func newLanguage(code string) *language {
	l := &language{
		code: code, cased: code != "ar", after: code == "ar" || code == "ru" || code == "uk",
		vocab: map[string]int32{}, words: []string{""}, info: make([]wordInfo, 1), trie: newTrie(),
		reports: map[int32]report{}, governs: map[int32]governor{}, times: map[int32]timeWord{}, numbers: map[int32]numberWord{}, verbs: map[int32][]int32{}, slots: map[int32]slot{}, lights: map[int32]bool{}, statements: map[int32]bool{},
	}
	l.possessive = l.word("'s")
	if code == "ar" {
		l.clitic = [3]int32{l.word("ب"), l.word("ل"), l.word("ك")}
	}
	return l
}

// word returns the id of a word, making one if needed.
func (l *language) word(w string) int32 {
	k := l.key(w)
	if id, ok := l.vocab[k]; ok {
		return id
	}
	id := int32(len(l.words))
	l.vocab[k] = id
	l.words = append(l.words, k)
	l.info = append(l.info, wordInfo{})
	return id
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
	for _, k := range l.tokenise(s, nil) {
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
