// Pion, as Debian has it. Operations from standard input, results and events to
// standard output, a line of JSON each; see end.mjs. Ends with its input. With
// the argument lite it is an ICE-lite end.
package main

import (
	"bufio"
	"encoding/json"
	"os"
	"sync"
)

var output sync.Mutex

func write(line map[string]interface{}) {
	text, err := json.Marshal(line)
	if err != nil {
		panic(err)
	}
	output.Lock()
	defer output.Unlock()
	os.Stdout.Write(append(text, '\n'))
}

type call struct {
	ID        int
	Operation string
	Argument  json.RawMessage
}

func main() {
	peer := newPeer(len(os.Args) == 2 && os.Args[1] == "lite")
	input := bufio.NewReader(os.Stdin)
	for {
		line, err := input.ReadBytes('\n')
		if err != nil {
			return
		}
		var c call
		if err = json.Unmarshal(line, &c); err != nil {
			panic(err)
		}
		result, err := peer.operate(c.Operation, c.Argument)
		if err != nil {
			write(map[string]interface{}{"id": c.ID, "error": err.Error()})
		} else {
			write(map[string]interface{}{"id": c.ID, "result": result})
		}
	}
}
