// Package peer speaks the protocol of docs/peers.md: the workload from standard input, the result to standard output.
package peer

import (
	"encoding/json"
	"fmt"
	"math"
	"math/rand"
	"os"
	"runtime"
	"sort"
	"strings"
	"sync"
	"syscall"
	"time"
)

const (
	protocol = 1
	scale    = 5 // buckets for a power of two: 2^5
)

// Work is the workload of kind s3.
type Work struct {
	Protocol    int            `json:"protocol"`
	Kind        string         `json:"kind"`
	Endpoint    string         `json:"endpoint"`
	Region      string         `json:"region"`
	CAFile      string         `json:"ca_file"`
	AccessKey   string         `json:"access_key"`
	SecretKey   string         `json:"secret_key"`
	Bucket      string         `json:"bucket"`
	Prefix      string         `json:"prefix"`
	Objects     int            `json:"objects"`
	SizeBytes   int            `json:"size_bytes"`
	Seed        int64          `json:"seed"`
	Mix         map[string]int `json:"mix"`
	Concurrency int            `json:"concurrency"`
	Pool        int            `json:"pool"`
	Operations  int64          `json:"operations"`
	DurationS   float64        `json:"duration_s"`
	Payload     string         `json:"payload"`
	Checksum    string         `json:"checksum"`
	Attempts    int            `json:"attempts"`
	TimeoutS    float64        `json:"timeout_s"`
}

// Key is that of an object: they stand in turn under two prefixes.
func (work *Work) Key(index int) string {
	return fmt.Sprintf("%s%08d", work.BucketPrefix(index), index)
}

// BucketPrefix is what a listing asks for.
func (work *Work) BucketPrefix(index int) string {
	return work.Prefix + "ab"[index%2:index%2+1] + "/"
}

// Body is random, and the same in each run.
func (work *Work) Body() []byte {
	body := make([]byte, work.SizeBytes)
	rand.New(rand.NewSource(work.Seed)).Read(body)
	return body
}

// Operation does one; it returns the bytes of bodies that it sent and received.
type Operation func(name string, index int) (sent, received int, err error)

// Result is what was done.
type Result struct {
	Settings, Versions map[string]any
	latencies          []int64
	failed             int64
	sent, received     int64
	examples           map[string]string
	duration, cpu      float64
	lock               sync.Mutex
}

type steps struct {
	work    *Work
	source  *rand.Rand
	names   []string
	total   int
	number  int64
	until   time.Time
	limited bool
	lock    sync.Mutex
}

func newSteps(work *Work) *steps {
	made := &steps{work: work, source: rand.New(rand.NewSource(work.Seed)), limited: work.DurationS > 0}
	for name, weight := range work.Mix {
		made.names = append(made.names, name)
		made.total += weight
	}
	sort.Strings(made.names) // a map has another order each time
	made.until = time.Now().Add(time.Duration(work.DurationS * float64(time.Second)))
	return made
}

// next tells whether another operation may start: so many, or until so late.
func (made *steps) next() (name string, index int, more bool) {
	made.lock.Lock()
	defer made.lock.Unlock()
	if made.work.Operations > 0 && made.number >= made.work.Operations || made.limited && !time.Now().Before(made.until) {
		return "", 0, false
	}
	at := made.source.Intn(made.total)
	for _, name = range made.names {
		if at -= made.work.Mix[name]; at < 0 {
			break
		}
	}
	index = made.source.Intn(made.work.Objects)
	if len(made.names) == 1 {
		index = int(made.number % int64(made.work.Objects))
	}
	made.number++
	if name == "delete" {
		index += made.work.Objects
	}
	return name, index, true
}

func (result *Result) record(taken time.Duration, sent, received int, err error) {
	result.lock.Lock()
	defer result.lock.Unlock()
	if err != nil {
		result.failed++
		if name := fmt.Sprintf("%T", err); result.examples[name] == "" {
			result.examples[name] = err.Error()
		}
		return
	}
	result.latencies = append(result.latencies, taken.Nanoseconds())
	result.sent += int64(sent)
	result.received += int64(received)
}

// Measure keeps work.Concurrency operations in progress.
func (result *Result) Measure(work *Work, operation Operation) {
	var group sync.WaitGroup
	result.examples = map[string]string{}
	begin, cpu := time.Now(), cpuSeconds()
	all := newSteps(work)
	for i := 0; i < work.Concurrency; i++ {
		group.Add(1)
		go func() {
			defer group.Done()
			for name, index, more := all.next(); more; name, index, more = all.next() {
				started := time.Now()
				sent, received, err := operation(name, index)
				result.record(time.Since(started), sent, received, err)
			}
		}()
	}
	group.Wait()
	result.duration, result.cpu = time.Since(begin).Seconds(), cpuSeconds()-cpu
}

func cpuSeconds() float64 {
	var usage syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &usage)
	return float64(usage.Utime.Nano()+usage.Stime.Nano()) / 1e9
}

// The peak of this program's memory: what the kernel tells its parent has the memory of what started it in it.
func memoryPeak() int64 {
	var kilobytes int64
	status, _ := os.ReadFile("/proc/self/status")
	for _, line := range strings.Split(string(status), "\n") {
		if strings.HasPrefix(line, "VmHWM:") {
			_, _ = fmt.Sscanf(line, "VmHWM: %d", &kilobytes)
		}
	}
	return kilobytes * 1024
}

// Buckets have powers of 2^(1/32) in seconds as bounds; a power of two is the upper bound of its bucket.
func bucket(nanoseconds int64) int {
	fraction, exponent := math.Frexp(float64(nanoseconds) / 1e9)
	if fraction == 0.5 {
		return (exponent-1)<<scale - 1
	}
	return int(math.Ceil(math.Log2(float64(nanoseconds)/1e9)*(1<<scale))) - 1
}

func histogram(latencies []int64) map[string]any {
	var zero, sum, least, most int64
	counts := map[int]int64{}
	first, last := math.MaxInt, math.MinInt
	for i, taken := range latencies {
		if sum += taken; i == 0 || taken < least {
			least = taken
		}
		most = max(most, taken)
		if taken == 0 {
			zero++
			continue
		}
		at := bucket(taken)
		counts[at]++
		first, last = min(first, at), max(last, at)
	}
	list := []int64{}
	for at := first; at <= last; at++ {
		list = append(list, counts[at])
	}
	if len(list) == 0 {
		first = 0
	}
	return map[string]any{"scale": scale, "offset": first, "counts": list, "zero_count": zero, "sum_ns": sum, "min_ns": least, "max_ns": most}
}

func (result *Result) document(name string) map[string]any {
	succeeded := int64(len(result.latencies))
	return map[string]any{"protocol": protocol, "peer": name, "versions": result.Versions, "settings": result.Settings,
		"operations": map[string]int64{"submitted": succeeded + result.failed, "succeeded": succeeded, "failed": result.failed, "cancelled": 0},
		"duration_s": result.duration, "cpu_s": result.cpu, "bytes_sent": result.sent, "bytes_received": result.received,
		"rss_peak_bytes": memoryPeak(), "error_examples": result.examples, "latency_histogram": histogram(result.latencies)}
}

// Run reads the workload, has it measured, and writes the result.
func Run(name string, measure func(work *Work) (*Result, error)) {
	var work Work
	fail := func(err error) {
		fmt.Fprintf(os.Stderr, "%s: %v\n", name, err)
		os.Exit(1)
	}
	if err := json.NewDecoder(os.Stdin).Decode(&work); err != nil {
		fail(err)
	}
	if work.Protocol != protocol || work.Kind != "s3" {
		fail(fmt.Errorf("the workload is of kind %s, protocol %d; this peer does s3, protocol %d", work.Kind, work.Protocol, protocol))
	}
	result, err := measure(&work)
	if err != nil {
		fail(err)
	}
	result.Versions["go"] = strings.TrimPrefix(runtime.Version(), "go")
	if err := json.NewEncoder(os.Stdout).Encode(result.document(name)); err != nil {
		fail(err)
	}
}
