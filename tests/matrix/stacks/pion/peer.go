package main

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"sync"

	"github.com/pion/webrtc/v3"
)

type message struct {
	Text   *string
	Binary *string
}

type argument struct {
	Audio    bool
	Label    string
	Ordered  bool
	Restart  bool
	SDP      string
	Messages []message
	webrtc.ICECandidateInit
}

type peer struct {
	lite       bool
	connection *webrtc.PeerConnection
	// Channels of the other end, and candidates, come on threads of their own.
	mutex    sync.Mutex
	mid      string // of the section that has the candidates
	channels map[string]*webrtc.DataChannel
}

func newPeer(lite bool) *peer {
	return &peer{lite: lite, channels: map[string]*webrtc.DataChannel{}}
}

func (p *peer) channel(label string) *webrtc.DataChannel {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	return p.channels[label]
}

func (p *peer) operate(operation string, raw json.RawMessage) (interface{},
	error) {
	var a argument
	if err := json.Unmarshal(raw, &a); err != nil {
		return nil, err
	}
	switch operation {
	case "open":
		return nil, p.open(a.Audio)
	case "createDataChannel":
		init := webrtc.DataChannelInit{Ordered: &a.Ordered}
		channel, err := p.connection.CreateDataChannel(a.Label, &init)
		if err == nil {
			p.adopt(channel)
		}
		return nil, err
	case "offer":
		options := webrtc.OfferOptions{ICERestart: a.Restart}
		offer, err := p.connection.CreateOffer(&options)
		return p.setLocal(offer, err)
	case "answer":
		if err := p.setRemote(webrtc.SDPTypeOffer, a.SDP); err != nil {
			return nil, err
		}
		answer, err := p.connection.CreateAnswer(nil)
		return p.setLocal(answer, err)
	case "accept":
		return nil, p.setRemote(webrtc.SDPTypeAnswer, a.SDP)
	case "addCandidate":
		return nil, p.connection.AddICECandidate(a.ICECandidateInit)
	case "send":
		return nil, send(p.channel(a.Label), a.Messages)
	case "closeChannel":
		return nil, p.channel(a.Label).Close()
	case "close":
		return nil, p.connection.Close()
	}
	return nil, fmt.Errorf("unknown operation %s", operation)
}

func connect(lite bool) (*webrtc.PeerConnection, error) {
	if !lite {
		return webrtc.NewPeerConnection(webrtc.Configuration{})
	}
	media := webrtc.MediaEngine{}
	if err := media.RegisterDefaultCodecs(); err != nil {
		return nil, err
	}
	setting := webrtc.SettingEngine{}
	setting.SetLite(true)
	api := webrtc.NewAPI(webrtc.WithMediaEngine(&media),
		webrtc.WithSettingEngine(setting))
	return api.NewPeerConnection(webrtc.Configuration{})
}

func (p *peer) open(audio bool) error {
	connection, err := connect(p.lite)
	if err != nil {
		return err
	}
	p.connection = connection
	connection.OnICECandidate(func(candidate *webrtc.ICECandidate) {
		if candidate != nil {
			write(map[string]interface{}{"kind": "candidate",
				"candidate": p.named(candidate.ToJSON())})
		}
	})
	connection.OnConnectionStateChange(
		func(state webrtc.PeerConnectionState) {
			write(map[string]interface{}{"kind": "state",
				"state": state.String()})
		})
	connection.OnDataChannel(func(channel *webrtc.DataChannel) {
		write(map[string]interface{}{"kind": "dataChannel",
			"label": channel.Label(), "ordered": channel.Ordered(),
			"id": channel.ID()})
		p.adopt(channel)
	})
	if audio {
		_, err = connection.AddTransceiverFromKind(webrtc.RTPCodecTypeAudio)
	}
	return err
}

var mid = regexp.MustCompile(`(?m)^a=mid:(\S+)`)

// With the name of its section, the first one, which Pion leaves empty.
func (p *peer) named(init webrtc.ICECandidateInit) webrtc.ICECandidateInit {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	mid := p.mid
	init.SDPMid = &mid
	return init
}

func (p *peer) adopt(channel *webrtc.DataChannel) {
	label := channel.Label()
	p.mutex.Lock()
	p.channels[label] = channel
	p.mutex.Unlock()
	event := func(kind string) func() {
		return func() {
			write(map[string]interface{}{"kind": kind, "label": label})
		}
	}
	channel.OnOpen(event("open"))
	channel.OnClose(event("close"))
	channel.OnMessage(func(m webrtc.DataChannelMessage) {
		line := map[string]interface{}{"kind": "message", "label": label}
		if m.IsString {
			line["text"] = string(m.Data)
		} else {
			line["binary"] = base64.StdEncoding.EncodeToString(m.Data)
		}
		write(line)
	})
	channel.OnError(func(err error) {
		// So the other end closes the connection.
		if strings.Contains(err.Error(), "User Initiated Abort") {
			return
		}
		write(map[string]interface{}{"kind": "fault",
			"message": label + ": " + err.Error()})
	})
}

func (p *peer) setMid(sdp string) {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	if found := mid.FindStringSubmatch(sdp); found != nil {
		p.mid = found[1]
	}
}

func (p *peer) setLocal(description webrtc.SessionDescription, err error) (
	interface{}, error) {
	if err == nil {
		p.setMid(description.SDP)
		err = p.connection.SetLocalDescription(description)
	}
	if err != nil {
		return nil, err
	}
	return p.connection.LocalDescription(), nil
}

func (p *peer) setRemote(kind webrtc.SDPType, sdp string) error {
	return p.connection.SetRemoteDescription(
		webrtc.SessionDescription{Type: kind, SDP: sdp})
}

func send(channel *webrtc.DataChannel, messages []message) error {
	for _, m := range messages {
		if m.Text != nil {
			if err := channel.SendText(*m.Text); err != nil {
				return err
			}
			continue
		}
		data, err := base64.StdEncoding.DecodeString(*m.Binary)
		if err != nil {
			return err
		}
		if err = channel.Send(data); err != nil {
			return err
		}
	}
	return nil
}
